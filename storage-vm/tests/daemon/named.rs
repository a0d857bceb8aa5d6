//! Several places of one storage qube: each sees its own and nothing else.

use super::bench::{Daemon, Line, PREFIX, folder, noise, path_of, request};
use super::bench::{backup_verbs, within_a_second};
use qib_rpc::fault::Code;
use qib_rpc::message::forget::{ListObjects, Listed, Moved, TrashObjects};
use qib_rpc::message::object::{GetObject, Stored};
use qib_rpc::message::permit::{PermitGranted, Verbs};
use qib_rpc::message::record::{FindNewest, GetRecord, Newest, Place, PutRecord};
use qib_rpc::message::version::Version;
use qib_rpc::object::{Kind, ObjectName};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const OF_DOM0: [&str; 5] = [
    "qib.Permit",
    "qib.Records",
    "qib.Forget",
    "qib.Scrub",
    "qib.StorageVersion",
];

/// A daemon with a folder, another one that is called `second`, `gone`, whose disk is not there,
/// and `loop`, which leads nowhere.
fn started(parent: &Path) -> Daemon {
    let [first, second, gone] = ["first", "second", "gone"].map(|name| parent.join(name));
    let config = parent.join("storage.toml");
    let endless = parent.join("loop");
    symlink(&endless, &endless).unwrap();
    let text = format!(
        "[place]\ntype = \"folder\"\npath = {first:?}\n\
         [named.second.place]\ntype = \"folder\"\npath = {second:?}\n\
         [named.gone.place]\ntype = \"folder\"\npath = {gone:?}\nmounted = {parent:?}\n\
         [named.loop.place]\ntype = \"folder\"\npath = {endless:?}\n"
    );
    fs::write(&config, text).unwrap();
    let socket = parent.join("storage.sock");
    let mut command = Command::new(env!("CARGO_BIN_EXE_qib-storage"));
    command.arg("--config").arg(config);
    command.arg("--socket").arg(&socket);
    command.args(["--trash-days", "0"]).stderr(Stdio::null());
    Daemon::started(&mut command, socket)
}

fn permit(daemon: &Daemon, place: &str, session: u8, verbs: Verbs) -> Line {
    let mut line = daemon.call(&format!("qib.Permit+{place} dom0"));
    line.tx.send(&request(session, verbs)).unwrap();
    line.expect::<PermitGranted>();
    line
}

fn listed(daemon: &Daemon, place: &str) -> Vec<ObjectName> {
    let mut line = daemon.call(&format!("qib.Forget+{place} dom0"));
    let (prefix, kind) = (PREFIX, Kind::Pack);
    line.tx.send(&ListObjects { prefix, kind }).unwrap();
    let Listed { objects, .. } = line.expect();
    objects.items().iter().map(|object| object.name).collect()
}

fn newest(daemon: &Daemon, place: &str) -> Option<ObjectName> {
    let mut line = daemon.call(&format!("qib.Records+{place} dom0"));
    let (place, kind) = (Place::Root, Kind::Ledger);
    line.tx.send(&FindNewest { place, kind }).unwrap();
    line.expect::<Newest>().name
}

#[test]
fn a_session_and_dom0s_own_belong_to_the_place_that_dom0_says() {
    let (parent, _) = folder();
    let daemon = started(parent.path());
    let paths: [PathBuf; 2] = ["first", "second"].map(|name| parent.path().join(name));
    let mut held = permit(&daemon, "second", 1, backup_verbs(vec![]));
    let pack = daemon.put(1).put(Kind::Pack, &noise(1, 100_000));
    assert_eq!(held.close_permit().objects, 1);
    assert!(!path_of(&paths[0], pack).exists() && path_of(&paths[1], pack).exists());
    assert_eq!(listed(&daemon, ""), []);
    assert_eq!(listed(&daemon, "second"), [pack]);

    let record = b"a record";
    let name = ObjectName::of(Kind::Ledger, record);
    let mut line = daemon.call("qib.Records+second dom0");
    let (place, bytes) = (Place::Root, record.len() as u64);
    line.tx.send(&PutRecord { place, name, bytes }).unwrap();
    line.tx.send_data(record).unwrap();
    assert_eq!(line.expect::<Stored>(), Stored { name });
    assert_eq!(
        (newest(&daemon, ""), newest(&daemon, "second")),
        (None, Some(name))
    );
    let mut line = daemon.call("qib.Records+ dom0");
    line.tx.send(&GetRecord { place, name }).unwrap();
    assert_eq!(line.code(), Code::Missing);

    // The same prefix is there as elsewhere: a session reads at its own place.
    for (session, place, found) in [(2, "", false), (3, "second", true)] {
        let _held = permit(&daemon, place, session, Verbs::Restore);
        let mut get = daemon.get(session);
        get.tx.send(&GetObject { name: pack }).unwrap();
        assert_eq!(get.take_object().is_ok(), found, "{place:?}");
    }
    let trash = |place: &str| {
        let mut line = daemon.call(&format!("qib.Forget+{place} dom0"));
        let (prefix, now, names) = (PREFIX, 1, vec![pack].try_into().unwrap());
        line.tx.send(&TrashObjects { prefix, now, names }).unwrap();
        line.expect::<Moved>().objects
    };
    assert!(within_a_second(|| trash("") == 0));
    assert!(path_of(&paths[1], pack).exists());
    assert_eq!(trash("second"), 1);
    assert!(!path_of(&paths[1], pack).exists());
}

#[test]
fn a_place_that_is_not_there_is_told_of_and_stops_no_other() {
    let (parent, _) = folder();
    let daemon = started(parent.path());
    for place in ["gone", "loop", "nowhere"] {
        for service in OF_DOM0 {
            let mut line = daemon.call(&format!("{service}+{place} dom0"));
            if service == "qib.Permit" {
                line.tx.send(&request(9, Verbs::Restore)).unwrap();
            }
            assert_eq!(line.code(), Code::NoPlace, "{service} {place}");
        }
    }
    assert!(
        !parent.path().join("gone").exists(),
        "nothing is mounted there"
    );
    for place in ["", "second"] {
        let mut line = daemon.call(&format!("qib.StorageVersion+{place} dom0"));
        assert_eq!(line.expect::<Version>(), Version::OURS);
    }
}
