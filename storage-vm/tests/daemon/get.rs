//! `qib.Get`: a restore reads what lies under its prefix.

use super::bench::{Daemon, OTHER_PREFIX, PREFIX, folder, noise, path_of, request};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::message::object::{
    Finish, Finished, GetObject, GetRange, PutObject, RangeBytes, Stored,
};
use qib_rpc::message::permit::Verbs;
use qib_rpc::message::record::{Place, PutRecord};
use qib_rpc::object::{Kind, ObjectName};
use std::fs;
use std::os::unix::fs::PermissionsExt;

#[test]
fn every_kind_under_the_prefix_is_read_one_after_the_other() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut backup = daemon.backup(1);
    let mut put = daemon.put(1);
    let sizes = [0, 1, 262_144, 262_145, 3 << 20];
    let mut names: Vec<_> = (0..)
        .zip(sizes)
        .map(|(number, size)| {
            (
                put.put(Kind::Pack, &noise(number, size)),
                noise(number, size),
            )
        })
        .collect();
    names.push((put.put(Kind::Snapshot, b"snapshot"), b"snapshot".to_vec()));
    backup.close_permit();
    let key = ObjectName::of(Kind::Key, b"key");
    let mut records = daemon.records();
    let place = Place::Qube(PREFIX);
    let asked = PutRecord {
        place,
        name: key,
        bytes: 3,
    };
    records.tx.send(&asked).unwrap();
    records.tx.send_data(b"key").unwrap();
    records.expect::<Stored>();
    names.push((key, b"key".to_vec()));

    let _restore = daemon.restore(2);
    let mut get = daemon.get(2);
    for (name, _) in &names {
        get.tx.send(&GetObject { name: *name }).unwrap();
    }
    get.tx.send(&Finish {}).unwrap();
    for (_, bytes) in names {
        assert_eq!(get.take_object(), Ok(bytes));
    }
    get.expect::<Finished>();
}

#[test]
fn missing_and_foreign_objects() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut backup = daemon.backup(1);
    let name = daemon.put(1).put(Kind::Pack, b"mine");
    backup.close_permit();
    let _mine = daemon.restore(2);
    let absent = ObjectName::of(Kind::Pack, b"absent");
    let mut get = daemon.get(2);
    get.tx.send(&GetObject { name: absent }).unwrap();
    assert_eq!(
        get.take_object(),
        Err(Fault::about(Code::Missing, absent.digest))
    );
    let mut foreign = request(3, Verbs::Restore);
    foreign.prefix = OTHER_PREFIX;
    let _foreign = daemon.permit(foreign);
    let mut get = daemon.get(3);
    get.tx.send(&GetObject { name }).unwrap();
    assert_eq!(get.code(), Code::Missing);
}

#[test]
fn after_an_object_that_is_lost_the_next_is_sent() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut backup = daemon.backup(1);
    let mut put = daemon.put(1);
    let names: Vec<_> = (0..3)
        .map(|number| put.put(Kind::Pack, &noise(number, 300_000)))
        .collect();
    backup.close_permit();
    let path = path_of(&folder, names[0]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, noise(9, 300_000)).unwrap();
    fs::remove_file(path_of(&folder, names[1])).unwrap();
    let _verify = daemon.restore(2);
    let mut get = daemon.get(2);
    for name in &names {
        get.tx.send(&GetObject { name: *name }).unwrap();
    }
    get.tx.send(&Finish {}).unwrap();
    let lost = |code, name: ObjectName| Err(Fault::about(code, name.digest));
    assert_eq!(get.take_object(), lost(Code::Damaged, names[0]));
    assert_eq!(get.take_object(), lost(Code::Missing, names[1]));
    assert_eq!(get.take_object(), Ok(noise(2, 300_000)));
    get.expect::<Finished>();
}

#[test]
fn parts_of_an_object_are_read_and_nothing_beyond_its_end() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut backup = daemon.backup(1);
    let bytes = noise(1, 600_000);
    let name = daemon.put(1).put(Kind::Pack, &bytes);
    backup.close_permit();
    let _restore = daemon.restore(2);
    let mut get = daemon.get(2);
    for (offset, length) in [
        (0, 1),
        (0, 600_000),
        (5, 300_000),
        (599_999, 1),
        (599_999, 9),
        (600_000, 9),
        (u64::MAX, 16 << 20),
    ] {
        let bytes_asked = RangeBytes::try_from(length).unwrap();
        get.tx
            .send(&GetRange {
                name,
                offset,
                bytes: bytes_asked,
            })
            .unwrap();
        let from = usize::try_from(offset).unwrap().min(bytes.len());
        let to = from
            .saturating_add(usize::try_from(length).unwrap())
            .min(bytes.len());
        assert_eq!(get.take_object().as_deref(), Ok(&bytes[from..to]));
    }
    let absent = ObjectName::of(Kind::Pack, b"absent");
    let bytes = RangeBytes::try_from(1).unwrap();
    let range = GetRange {
        name: absent,
        offset: 0,
        bytes,
    };
    get.tx.send(&range).unwrap();
    let missing = Fault::about(Code::Missing, absent.digest);
    assert_eq!(get.take_object(), Err(missing));
}

#[test]
fn a_backup_reads_no_parts() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let _permit = daemon.backup(1);
    let mut put = daemon.put(1);
    let name = put.put(Kind::Pack, b"mine");
    let bytes = RangeBytes::try_from(1).unwrap();
    put.tx
        .send(&GetRange {
            name,
            offset: 0,
            bytes,
        })
        .unwrap();
    assert_eq!(put.code(), Code::Protocol);
}

/// What the daemon answers when the file of an object of `size` bytes is `changed`.
fn answer_when(size: usize, changed: impl FnOnce(&mut Vec<u8>)) -> Result<Vec<u8>, Code> {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut backup = daemon.backup(1);
    let mut bytes = noise(1, size);
    let name = daemon.put(1).put(Kind::Pack, &bytes);
    backup.close_permit();
    let path = path_of(&folder, name);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    changed(&mut bytes);
    fs::write(&path, bytes).unwrap();
    let _restore = daemon.restore(2);
    let mut get = daemon.get(2);
    get.tx.send(&GetObject { name }).unwrap();
    get.take_object().map_err(|fault| {
        assert_eq!(fault.object, Some(name.digest));
        fault.code
    })
}

#[test]
fn damage_is_told_in_place_of_the_last_frame() {
    for size in [1, 262_144, 262_145, 1 << 20] {
        let flipped = answer_when(size, |bytes| bytes[size / 2] ^= 1);
        assert_eq!(flipped, Err(Code::Damaged), "{size}");
        let cut = answer_when(size, |bytes| bytes.truncate(size / 2));
        assert_eq!(cut, Err(Code::Damaged), "{size}");
        let longer = answer_when(size, |bytes| bytes.push(0));
        assert_eq!(longer, Err(Code::Damaged), "{size}");
    }
    assert_eq!(answer_when(0, |bytes| bytes.push(0)), Err(Code::Damaged));
    assert_eq!(answer_when(1, Vec::clear), Err(Code::Damaged));
}

#[test]
fn a_restore_puts_nothing() {
    let (_parent, folder) = folder();
    let daemon = Daemon::start(&folder);
    let mut permit = daemon.restore(1);
    let mut get = daemon.get(1);
    let name = ObjectName::of(Kind::Pack, b"x");
    get.tx.send(&PutObject { name, bytes: 1 }).unwrap();
    assert_eq!(get.code(), Code::Protocol);
    assert_eq!(permit.close_permit().objects, 0);
}
