//! `qib.Records`: dom0's own objects.

use super::bench::{Daemon, Line, PREFIX, folder, noise};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::message::object::Stored;
use qib_rpc::message::record::{FindNewest, GetRecord, Newest, Place, PutRecord};
use qib_rpc::object::{Kind, ObjectName};
use std::fs;
use std::io::Write;

fn put(line: &mut Line, place: Place, kind: Kind, bytes: &[u8]) -> Result<ObjectName, Fault> {
    let name = ObjectName::of(kind, bytes);
    let size = bytes.len() as u64;
    let asked = PutRecord {
        place,
        name,
        bytes: size,
    };
    line.tx.send(&asked).unwrap();
    line.tx.send_data(bytes).unwrap();
    line.rx
        .receive::<Stored>()
        .unwrap()
        .map(|stored| stored.name)
}

fn newest(line: &mut Line, place: Place, kind: Kind) -> Option<ObjectName> {
    line.tx.send(&FindNewest { place, kind }).unwrap();
    line.expect::<Newest>().name
}

#[test]
fn what_is_put_is_got_and_the_last_one_is_newest() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut line = daemon.records();
    for place in [Place::Root, Place::Qube(PREFIX)] {
        for kind in [Kind::Key, Kind::Kit, Kind::Ledger] {
            assert_eq!(newest(&mut line, place, kind), None);
            let first = put(&mut line, place, kind, b"first").unwrap();
            let second = put(&mut line, place, kind, &noise(1, 9_000)).unwrap();
            assert_eq!(newest(&mut line, place, kind), Some(second));
            // Putting what is there makes it no newer.
            assert_eq!(put(&mut line, place, kind, b"first"), Ok(first));
            assert_eq!(newest(&mut line, place, kind), Some(second));
            line.tx.send(&GetRecord { place, name: first }).unwrap();
            assert_eq!(line.take_object(), Ok(b"first".to_vec()));
        }
    }
}

#[test]
fn dom0_reads_what_a_helper_put() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _permit = daemon.backup(1);
    let name = daemon.put(1).put(Kind::Packs, b"a list of packs");
    let mut line = daemon.records();
    let place = Place::Qube(PREFIX);
    line.tx.send(&GetRecord { place, name }).unwrap();
    assert_eq!(line.take_object(), Ok(b"a list of packs".to_vec()));
    assert_eq!(newest(&mut line, place, Kind::Packs), Some(name));
    line.tx
        .send(&GetRecord {
            place: Place::Root,
            name,
        })
        .unwrap();
    assert_eq!(line.code(), Code::Missing);
}

#[test]
fn dom0_puts_only_its_own_kinds() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    for kind in Kind::ALL
        .into_iter()
        .filter(|kind| kind.is_made_by_backup())
    {
        let refused = put(&mut daemon.records(), Place::Root, kind, b"x");
        assert_eq!(refused.map_err(|fault| fault.code), Err(Code::NotAllowed));
    }
    let name = ObjectName::of(Kind::Kit, b"");
    let mut line = daemon.records();
    let bytes = Kind::Kit.max_bytes() + 1;
    let asked = PutRecord {
        place: Place::Root,
        name,
        bytes,
    };
    line.tx.send(&asked).unwrap();
    assert_eq!(line.code(), Code::NotAllowed);
}

#[test]
fn packs_have_no_order() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut line = daemon.records();
    let asked = FindNewest {
        place: Place::Root,
        kind: Kind::Pack,
    };
    line.tx.send(&asked).unwrap();
    assert_eq!(line.code(), Code::NotAllowed);
}

#[test]
fn the_order_survives_a_torn_line_and_a_lost_object() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut line = daemon.records();
    let first = put(&mut line, Place::Root, Kind::Ledger, b"first").unwrap();
    let second = put(&mut line, Place::Root, Kind::Ledger, b"second").unwrap();
    daemon.kill();
    let shelf = folder.join("root/ledger");
    let mut arrivals = fs::OpenOptions::new()
        .append(true)
        .open(shelf.join("arrivals"))
        .unwrap();
    arrivals.write_all(b"0123").unwrap();
    let daemon = Daemon::start(&folder);
    let mut line = daemon.records();
    assert_eq!(newest(&mut line, Place::Root, Kind::Ledger), Some(second));
    let third = put(&mut line, Place::Root, Kind::Ledger, b"third").unwrap();
    assert_eq!(newest(&mut line, Place::Root, Kind::Ledger), Some(third));
    for lost in [third, second] {
        fs::remove_file(shelf.join(lost.to_string())).unwrap();
    }
    assert_eq!(newest(&mut line, Place::Root, Kind::Ledger), Some(first));
}

#[test]
fn only_dom0_has_records() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    assert_eq!(daemon.call("qib.Records+ work").code(), Code::NotAllowed);
    assert_eq!(daemon.call("qib.Permit+ work").code(), Code::NotAllowed);
}
