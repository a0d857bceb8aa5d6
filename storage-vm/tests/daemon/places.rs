//! The same promises, kept at every kind of place: real servers on this machine.

use super::bench::{Daemon, PREFIX, noise};
use super::seaweed;
use super::servers::{self, Server};
use qib_rpc::fault::Code;
use qib_rpc::message::forget::{EmptyTrash, ListObjects, Listed, Moved, TrashObjects, Undelete};
use qib_rpc::message::object::{GetObject, GetRange, Stored};
use qib_rpc::message::record::{FindNewest, GetRecord, Newest, Place, PutRecord};
use qib_rpc::message::scrub::{ScrubObjects, Scrubbed};
use qib_rpc::object::{Kind, ObjectName};
use std::process::Command;

const OBJECTS: u64 = 1000;
const NOW: u64 = 1_795_986_000;

fn object(number: u64) -> (Kind, Vec<u8>) {
    let kind = match number % 50 {
        0 => Kind::Index,
        1 => Kind::Snapshot,
        _ => Kind::Pack,
    };
    (
        kind,
        noise(number, 500 + usize::try_from(number * 7).unwrap()),
    )
}

/// Puts the objects from the first to the last, three on their way at once.
fn put(daemon: &Daemon, session: u8, first: u64, last: u64) -> Vec<ObjectName> {
    let mut permit = daemon.backup(session);
    let mut line = daemon.put(session);
    let mut names = Vec::new();
    for number in first..last {
        let (kind, bytes) = object(number);
        names.push(line.ask_put(kind, &bytes));
        if let Some(name) = names.len().checked_sub(3).map(|at| names[at]) {
            assert_eq!(line.expect::<Stored>(), Stored { name });
        }
    }
    for name in &names[names.len().saturating_sub(2)..] {
        assert_eq!(line.expect::<Stored>(), Stored { name: *name });
    }
    permit.close_permit();
    names
}

/// Dies with an object half way.
fn cut_off(daemon: Daemon) {
    let permit = daemon.backup(2);
    let mut line = daemon.put(2);
    for number in 400..410 {
        let (kind, bytes) = object(number);
        line.ask_put(kind, &bytes);
    }
    line.expect::<Stored>();
    daemon.kill();
    drop(permit);
}

fn listed(daemon: &Daemon, kind: Kind) -> usize {
    let mut line = daemon.call("qib.Forget+ dom0");
    let prefix = PREFIX;
    line.tx.send(&ListObjects { prefix, kind }).unwrap();
    let mut count = 0;
    loop {
        let Listed { objects, is_last } = line.expect();
        count += objects.items().len();
        if is_last {
            return count;
        }
    }
}

fn got(daemon: &Daemon, session: u8, names: &[ObjectName], step: usize) {
    let mut permit = daemon.restore(session);
    let mut line = daemon.get(session);
    for (number, name) in (0..).zip(names).step_by(step) {
        let (_, bytes) = object(number);
        line.tx.send(&GetObject { name: *name }).unwrap();
        assert_eq!(line.take_object(), Ok(bytes.clone()));
        let (name, bytes_asked) = (*name, 300_u32.try_into().unwrap());
        line.tx
            .send(&GetRange {
                name,
                offset: 123,
                bytes: bytes_asked,
            })
            .unwrap();
        assert_eq!(line.take_object().unwrap(), bytes[123..423]);
    }
    permit.close_permit();
}

fn is_missing(daemon: &Daemon, session: u8, name: ObjectName) -> bool {
    let mut permit = daemon.restore(session);
    let mut line = daemon.get(session);
    line.tx.send(&GetObject { name }).unwrap();
    let missing = line.code() == Code::Missing;
    drop(line);
    permit.close_permit();
    missing
}

fn forgotten_and_back(daemon: &Daemon, names: &[ObjectName]) {
    let mut line = daemon.call("qib.Forget+ dom0");
    let some = || names[..300].to_vec().try_into().unwrap();
    let (prefix, now) = (PREFIX, NOW);
    let names_now = some();
    line.tx
        .send(&TrashObjects {
            prefix,
            now,
            names: names_now,
        })
        .unwrap();
    assert_eq!(line.expect::<Moved>().objects, 300);
    assert!(is_missing(daemon, 6, names[7]));
    let names_now = some();
    line.tx
        .send(&Undelete {
            prefix,
            names: names_now,
        })
        .unwrap();
    assert_eq!(line.expect::<Moved>().objects, 300);
    got(daemon, 7, names, 97);
    // And for ever.
    let gone = names[..20].to_vec().try_into().unwrap();
    line.tx
        .send(&TrashObjects {
            prefix,
            now,
            names: gone,
        })
        .unwrap();
    assert_eq!(line.expect::<Moved>().objects, 20);
    let days = 0;
    line.tx.send(&EmptyTrash { prefix, now, days }).unwrap();
    assert_eq!(line.expect::<Moved>().objects, 20);
    let none = names[..20].to_vec().try_into().unwrap();
    line.tx
        .send(&Undelete {
            prefix,
            names: none,
        })
        .unwrap();
    assert_eq!(line.expect::<Moved>(), Moved::default());
}

fn scrubbed(daemon: &Daemon) -> u64 {
    let mut line = daemon.call("qib.Scrub+ dom0");
    let mut objects = 0;
    for part in 0..=255 {
        let prefix = PREFIX;
        line.tx.send(&ScrubObjects { prefix, part }).unwrap();
        loop {
            let told: Scrubbed = line.expect();
            objects += told.objects;
            assert!(told.damaged.items().is_empty());
            if told.is_last {
                break;
            }
        }
    }
    objects
}

fn newest(daemon: &Daemon) -> Option<ObjectName> {
    let mut line = daemon.records();
    let (place, kind) = (Place::Root, Kind::Ledger);
    line.tx.send(&FindNewest { place, kind }).unwrap();
    line.expect::<Newest>().name
}

fn record(daemon: &Daemon, number: u64) -> ObjectName {
    let bytes = noise(1_000_000 + number, 2000);
    let name = ObjectName::of(Kind::Ledger, &bytes);
    let mut line = daemon.records();
    let place = Place::Root;
    line.tx
        .send(&PutRecord {
            place,
            name,
            bytes: 2000,
        })
        .unwrap();
    line.tx.send_data(&bytes).unwrap();
    line.expect::<Stored>();
    line.tx.send(&GetRecord { place, name }).unwrap();
    assert_eq!(line.take_object(), Ok(bytes));
    name
}

/// More than one request takes, where a place takes an object in several.
fn large(daemon: &Daemon) {
    let bytes = noise(3_000_000, 40 << 20);
    let mut permit = daemon.backup(8);
    let mut line = daemon.put(8);
    let name = line.put(Kind::Pack, &bytes);
    drop(line);
    permit.close_permit();
    let mut permit = daemon.restore(9);
    let mut line = daemon.get(9);
    line.tx.send(&GetObject { name }).unwrap();
    assert!(line.take_object() == Ok(bytes));
    drop(line);
    permit.close_permit();
}

fn keeps_its_promises(what: &str, server: Option<&Server>) {
    let Some(server) = server else {
        eprintln!("SKIPPED {what}: its server is not installed here");
        return;
    };
    let check = server.daemon().arg("check").output().unwrap();
    let said = String::from_utf8(check.stdout).unwrap();
    let error = String::from_utf8_lossy(&check.stderr);
    assert!(check.status.success(), "{said}{error}");
    assert!(said.contains("it is gone"), "{said}");
    println!("{what}:\n{said}");

    let daemon = server.started();
    assert_eq!(newest(&daemon), None);
    put(&daemon, 1, 0, 400);
    cut_off(daemon);
    let daemon = server.started();
    let names = put(&daemon, 3, 0, OBJECTS);
    assert_eq!(listed(&daemon, Kind::Pack), 960);
    assert_eq!(listed(&daemon, Kind::Index), 20);
    got(&daemon, 5, &names, 41);
    forgotten_and_back(&daemon, &names);
    assert_eq!(scrubbed(&daemon), OBJECTS - 20);

    large(&daemon);

    let first = record(&daemon, 1);
    let second = record(&daemon, 2);
    assert_eq!(newest(&daemon), Some(second));
    record(&daemon, 1);
    daemon.kill();
    let daemon = server.started();
    assert_eq!(
        newest(&daemon),
        Some(second),
        "what came again is not newer"
    );
    let third = record(&daemon, 3);
    assert_eq!(newest(&daemon), Some(third));
    assert_ne!(first, third);
}

#[test]
fn a_folder_keeps_its_promises() {
    keeps_its_promises("a folder", servers::folder().as_ref());
}

#[test]
fn an_sftp_server_keeps_them() {
    keeps_its_promises("SFTP", servers::sftp().as_ref());
}

#[test]
fn an_s3_store_keeps_them() {
    let store = seaweed::store(1);
    keeps_its_promises("S3", store.as_ref().map(|store| &store.server));
}

#[test]
fn a_store_of_three_nodes_loses_one_and_nothing_else() {
    let Some(mut store) = seaweed::store(3) else {
        eprintln!("SKIPPED: SeaweedFS is not installed here");
        return;
    };
    let daemon = store.server.started();
    let mut names = put(&daemon, 1, 0, 150);
    let mut permit = daemon.backup(2);
    let mut line = daemon.put(2);
    for number in 150..300 {
        if number == 200 {
            // In the middle of a backup.
            store.lose_a_node();
        }
        let (kind, bytes) = object(number);
        names.push(line.put(kind, &bytes));
    }
    drop(line);
    permit.close_permit();
    got(&daemon, 3, &names, 1);
}

#[test]
fn a_webdav_server_keeps_them() {
    keeps_its_promises("WebDAV", servers::webdav().as_ref());
}

#[test]
fn a_remote_of_rclone_keeps_them() {
    keeps_its_promises("rclone", servers::rclone().as_ref());
}

#[test]
fn a_place_that_can_not_be_reached_is_told_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("storage.toml");
    let place = "[place]\ntype = \"webdav\"\nurl = \"http://127.0.0.1:9\"";
    std::fs::write(&config, format!("{place}\n[transfer]\nretries = 1\n")).unwrap();
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qib-storage"));
        command.arg("--config").arg(&config);
        command
    };
    let output = command().arg("check").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("the place can not be used: write: "),
        "{said}"
    );

    // The network may come later: the daemon serves, and says what fails.
    let socket = folder.path().join("storage.sock");
    let daemon = Daemon::started(command().arg("--socket").arg(&socket), socket.clone());
    let _permit = daemon.backup(1);
    let mut line = daemon.put(1);
    line.ask_put(Kind::Pack, b"an object");
    assert_eq!(line.code(), Code::StorageFailed);
}

#[test]
fn a_system_without_authorities_is_told_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("storage.toml");
    std::fs::write(
        &config,
        "[place]\ntype = \"webdav\"\nurl = \"https://localhost\"\n",
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_qib-storage"))
        .arg("--config")
        .arg(&config)
        .arg("check")
        .env("SSL_CERT_FILE", folder.path().join("none"))
        .env("SSL_CERT_DIR", folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("install ca-certificates"), "{said}");
}
