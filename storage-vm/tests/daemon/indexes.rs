//! Indexes are kept on the storage qube's disk: for backups alone, and never believed.

use super::bench::{Daemon, Line, backup_verbs, noise, path_of, request};
use super::servers::{self, Server};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::message::object::GetObject;
use qib_rpc::object::{Kind, ObjectName};
use std::fs;

/// As long as the index of a small qube.
const BYTES: usize = 400_000;

fn put(daemon: &Daemon, session: u8, number: u64) -> ObjectName {
    let mut permit = daemon.backup(session);
    let name = daemon.put(session).put(Kind::Index, &noise(number, BYTES));
    permit.close_permit();
    name
}

/// What a backup gets that goes on from this index.
fn for_backup(daemon: &Daemon, session: u8, name: ObjectName) -> Result<Vec<u8>, Fault> {
    let permit = daemon.permit(request(session, backup_verbs(vec![name])));
    got(permit, daemon.put(session), name)
}

fn for_restore(daemon: &Daemon, session: u8, name: ObjectName) -> Result<Vec<u8>, Fault> {
    got(daemon.restore(session), daemon.get(session), name)
}

fn got(mut permit: Line, mut line: Line, name: ObjectName) -> Result<Vec<u8>, Fault> {
    line.tx.send(&GetObject { name }).unwrap();
    let got = line.take_object();
    drop(line);
    permit.close_permit();
    got
}

/// One byte of it becomes another, there.
fn damage(server: &Server, name: ObjectName) {
    let path = path_of(&server.data(), name);
    let mut bytes = fs::read(&path).unwrap();
    bytes[BYTES / 2] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn is_damaged(got: Result<Vec<u8>, Fault>) -> bool {
    got.is_err_and(|fault| fault.code == Code::Damaged)
}

#[test]
fn what_went_by_is_not_fetched_by_a_backup_and_proves_nothing() {
    let Some(server) = servers::sftp() else {
        return eprintln!("skipped: no sshd");
    };
    let daemon = server.started();
    let name = put(&daemon, 1, 7);
    // Only the copy here is whole now.
    damage(&server, name);
    assert!(for_backup(&daemon, 2, name) == Ok(noise(7, BYTES)));
    assert!(is_damaged(for_restore(&daemon, 3, name)));
    // What the place has lost is missing, whatever is here.
    fs::remove_file(path_of(&server.data(), name)).unwrap();
    let lost = for_backup(&daemon, 4, name).err();
    assert_eq!(lost.map(|fault| fault.code), Some(Code::Missing));
}

#[test]
fn what_was_fetched_is_kept_and_what_is_not_right_is_fetched_again() {
    let Some(server) = servers::sftp() else {
        return eprintln!("skipped: no sshd");
    };
    let mut daemon = server.started();
    let name = put(&daemon, 1, 7);
    let kept = server.cache().join(name.digest.to_string());
    for (session, spoilt) in (2..).zip(["", "half", "another"]) {
        match spoilt {
            "" => fs::remove_file(&kept).unwrap(),
            "half" => fs::write(&kept, &noise(7, BYTES)[..BYTES / 2]).unwrap(),
            _ => fs::write(&kept, noise(8, BYTES)).unwrap(),
        }
        assert!(
            for_backup(&daemon, session, name) == Ok(noise(7, BYTES)),
            "{spoilt}"
        );
        assert!(fs::read(&kept).unwrap() == noise(7, BYTES), "{spoilt}");
    }
    // An earlier daemon was killed in the middle; this one finds what was kept.
    fs::write(server.cache().join("unfinished-abc"), "x").unwrap();
    daemon.kill();
    daemon = server.started();
    damage(&server, name);
    assert!(for_backup(&daemon, 3, name) == Ok(noise(7, BYTES)));
    assert_eq!(fs::read_dir(server.cache()).unwrap().count(), 1);
    // What is damaged there does not come here.
    fs::remove_file(&kept).unwrap();
    assert!(is_damaged(for_backup(&daemon, 4, name)));
    assert!(!kept.exists());
}

#[test]
fn what_was_not_used_for_longest_makes_room() {
    let Some(mut server) = servers::sftp() else {
        return eprintln!("skipped: no sshd");
    };
    server.cache_bytes = 1_000_000;
    let daemon = server.started();
    let first = put(&daemon, 1, 1);
    let second = put(&daemon, 2, 2);
    fs::write(server.cache().join("of another"), "x").unwrap();
    assert!(for_backup(&daemon, 3, first).is_ok());
    let third = put(&daemon, 4, 3);
    let is_kept = |name: ObjectName| server.cache().join(name.digest.to_string()).exists();
    assert!(is_kept(first) && !is_kept(second) && is_kept(third));
    assert!(server.cache().join("of another").exists());
    assert!(for_backup(&daemon, 5, second).is_ok());
}

#[test]
fn without_a_folder_for_them_backups_go_on() {
    let Some(server) = servers::sftp() else {
        return eprintln!("skipped: no sshd");
    };
    fs::write(server.cache(), "no folder").unwrap();
    let daemon = server.started();
    let name = put(&daemon, 1, 7);
    assert!(for_backup(&daemon, 2, name) == Ok(noise(7, BYTES)));
}
