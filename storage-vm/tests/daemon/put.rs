//! `qib.Put`: create-only, within the permit, acknowledged when durable.

use super::bench::{
    Daemon, OTHER_PREFIX, backup_verbs, folder, noise, path_of, request, temporary_files,
};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::message::object::{Finish, Finished, GetObject, PutObject, Stored};
use qib_rpc::message::permit::Quota;
use qib_rpc::object::{Kind, ObjectName};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn objects_arrive_whole_read_only_and_in_order() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _permit = daemon.backup(1);
    let mut put = daemon.put(1);
    let sizes = [1, 0, 300_000, 262_144, 262_145, 2 << 20];
    let names: Vec<_> = (0..)
        .zip(sizes)
        .map(|(number, size)| put.ask_put(Kind::Pack, &noise(number, size)))
        .collect();
    put.tx.send(&Finish {}).unwrap();
    for (number, (name, size)) in (0..).zip(names.into_iter().zip(sizes)) {
        assert_eq!(put.expect::<Stored>(), Stored { name });
        let path = path_of(&folder, name);
        assert_eq!(fs::read(&path).unwrap(), noise(number, size));
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o400);
    }
    put.expect::<Finished>();
    assert_eq!(temporary_files(&folder), 0);
}

#[test]
fn each_kind_that_a_backup_makes_and_no_other() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _permit = daemon.backup(1);
    for kind in Kind::ALL {
        let mut put = daemon.put(1);
        if kind.is_made_by_backup() {
            put.put(kind, b"bytes");
        } else {
            put.ask_put(kind, b"bytes");
            assert_eq!(put.code(), Code::NotAllowed, "{kind:?}");
        }
    }
}

#[test]
fn an_object_that_is_there_is_kept_and_counts_once() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut permit = daemon.backup(1);
    let mut put = daemon.put(1);
    let name = put.put(Kind::Pack, b"same");
    assert_eq!(put.put(Kind::Pack, b"same"), name);
    let took = permit.close_permit();
    assert_eq!((took.bytes, took.objects), (4, 1));
}

#[test]
fn a_damaged_object_is_neither_replaced_nor_acknowledged() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _permit = daemon.backup(1);
    let mut put = daemon.put(1);
    let name = put.put(Kind::Pack, b"good");
    let path = path_of(&folder, name);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "evil").unwrap();
    put.ask_put(Kind::Pack, b"good");
    assert_eq!(put.fault(), Fault::about(Code::Damaged, name.digest));
    assert_eq!(fs::read(&path).unwrap(), b"evil");
    assert_eq!(temporary_files(&folder), 0);
}

#[test]
fn quota_holds_to_the_byte_and_to_the_object() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    for (session, bytes, objects) in [(1, 9, 9), (2, 10, 1)] {
        let mut asked = request(session, backup_verbs(vec![]));
        asked.quota = Quota { bytes, objects };
        let mut permit = daemon.permit(asked);
        let mut put = daemon.put(session);
        put.put(Kind::Pack, &noise(u64::from(session), 5));
        let second = put.ask_put(Kind::Pack, &noise(9, 5));
        assert_eq!(put.fault(), Fault::about(Code::QuotaUsedUp, second.digest));
        assert!(!path_of(&folder, second).exists());
        let took = permit.close_permit();
        assert_eq!((took.bytes, took.objects), (5, 1));
    }
}

#[test]
fn quota_is_promised_while_objects_are_under_way() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut asked = request(1, backup_verbs(vec![]));
    asked.quota.bytes = 10;
    let _permit = daemon.permit(asked);
    let mut first = daemon.put(1);
    let name = ObjectName::of(Kind::Pack, b"123456");
    first.tx.send(&PutObject { name, bytes: 6 }).unwrap();
    assert!(super::bench::within_a_second(
        || temporary_files(&folder) == 1
    ));
    let mut second = daemon.put(1);
    second.ask_put(Kind::Pack, b"12345");
    assert_eq!(second.code(), Code::QuotaUsedUp);
    drop(first);
    assert!(super::bench::within_a_second(
        || temporary_files(&folder) == 0
    ));
    daemon.put(1).put(Kind::Pack, b"1234567890");
}

#[test]
fn sizes_over_the_limit_of_the_kind_are_refused_before_a_byte() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut asked = request(1, backup_verbs(vec![]));
    asked.quota.bytes = u64::MAX;
    let _permit = daemon.permit(asked);
    for kind in [Kind::Pack, Kind::Index, Kind::Snapshot, Kind::Packs] {
        for bytes in [kind.max_bytes() + 1, u64::MAX] {
            let mut put = daemon.put(1);
            let name = ObjectName::of(kind, b"");
            put.tx.send(&PutObject { name, bytes }).unwrap();
            assert_eq!(put.code(), Code::NotAllowed);
        }
    }
    assert_eq!(temporary_files(&folder), 0);
}

#[test]
fn a_wrong_digest_is_refused_and_leaves_nothing() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _permit = daemon.backup(1);
    let mut put = daemon.put(1);
    let name = ObjectName::of(Kind::Pack, b"what was meant");
    put.tx.send(&PutObject { name, bytes: 4 }).unwrap();
    put.tx.send_data(b"evil").unwrap();
    assert_eq!(put.fault(), Fault::about(Code::DigestMismatch, name.digest));
    assert!(!path_of(&folder, name).exists());
    assert_eq!(temporary_files(&folder), 0);
}

#[test]
fn only_listed_objects_are_read() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut first = daemon.backup(1);
    let mut put = daemon.put(1);
    let listed = put.put(Kind::Index, &noise(1, 700_000));
    let unlisted = put.put(Kind::Index, b"unlisted");
    first.close_permit();
    let _second = daemon.permit(request(2, backup_verbs(vec![listed])));
    let mut put = daemon.put(2);
    put.tx.send(&GetObject { name: listed }).unwrap();
    assert_eq!(put.take_object(), Ok(noise(1, 700_000)));
    put.tx.send(&GetObject { name: unlisted }).unwrap();
    let refused = Fault::about(Code::NotAllowed, unlisted.digest);
    assert_eq!(put.fault(), refused);
    let pack = ObjectName {
        kind: Kind::Pack,
        ..listed
    };
    let mut put = daemon.put(2);
    put.tx.send(&GetObject { name: pack }).unwrap();
    assert_eq!(put.code(), Code::NotAllowed);
}

#[test]
fn an_object_of_another_prefix_is_not_there() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut first = daemon.backup(1);
    let name = daemon.put(1).put(Kind::Index, b"mine");
    first.close_permit();
    let mut asked = request(2, backup_verbs(vec![name]));
    asked.prefix = OTHER_PREFIX;
    let _second = daemon.permit(asked);
    let mut put = daemon.put(2);
    put.tx.send(&GetObject { name }).unwrap();
    assert_eq!(put.fault(), Fault::about(Code::Missing, name.digest));
}

#[test]
fn answers_before_a_fault_still_arrive() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _permit = daemon.backup(1);
    let mut put = daemon.put(1);
    let good = put.ask_put(Kind::Pack, &noise(1, 1 << 20));
    put.ask_put(Kind::Kit, b"not allowed");
    for number in 2..9 {
        if put
            .tx
            .send(&PutObject {
                name: good,
                bytes: number,
            })
            .is_err()
        {
            break;
        }
    }
    assert_eq!(put.expect::<Stored>(), Stored { name: good });
    assert_eq!(put.code(), Code::NotAllowed);
}

#[test]
fn a_silent_peer_blocks_nobody() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _silent: Vec<_> = (0..30).map(|_| daemon.raw()).collect();
    let _permits: Vec<_> = (1..20).map(|session| daemon.backup(session)).collect();
    let _idle: Vec<_> = (2..10).map(|session| daemon.put(session)).collect();
    daemon.put(1).put(Kind::Pack, b"not blocked");
}
