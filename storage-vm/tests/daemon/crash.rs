//! SIGKILL at any moment: what was acknowledged is there, and nothing half.

use super::bench::{Daemon, Line, PREFIX, folder, noise, path_of, temporary_files};
use qib_rpc::line::LineError;
use qib_rpc::message::object::{GetObject, Stored};
use qib_rpc::object::{Kind, ObjectName, digest};
use std::fs;
use std::path::Path;
use std::time::Duration;

const SIZE: usize = 300_000;

/// Sends objects until the daemon is gone.
fn feed(
    put: Line,
) -> (
    std::thread::JoinHandle<()>,
    std::thread::JoinHandle<Vec<ObjectName>>,
) {
    let Line { mut tx, mut rx } = put;
    let sending = std::thread::spawn(move || {
        for number in 0.. {
            let bytes = noise(number, SIZE);
            let name = ObjectName::of(Kind::Pack, &bytes);
            let size = SIZE as u64;
            let asked = qib_rpc::message::object::PutObject { name, bytes: size };
            if tx.send(&asked).and_then(|()| tx.send_data(&bytes)).is_err() {
                return;
            }
        }
    });
    let hearing = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        let mut next = || -> Result<Stored, LineError> { Ok(rx.receive()?.unwrap()) };
        while let Ok(Stored { name }) = next() {
            acknowledged.push(name);
        }
        acknowledged
    });
    (sending, hearing)
}

fn every_object_is_whole(folder: &Path) -> usize {
    // It may have been killed before the first one.
    let shelves = folder.join(PREFIX.to_string()).join("pack").read_dir();
    let mut count = 0;
    for shelf in shelves.into_iter().flatten() {
        for object in shelf.unwrap().path().read_dir().unwrap() {
            let object = object.unwrap();
            let name = ObjectName::parse(object.file_name().to_str().unwrap()).unwrap();
            assert_eq!(digest(&fs::read(object.path()).unwrap()), name.digest);
            count += 1;
        }
    }
    count
}

#[test]
fn a_killed_daemon_loses_nothing_acknowledged() {
    let (_parent, folder) = folder();
    for (session, wait) in [(1, 40), (2, 90), (3, 170), (4, 310)] {
        let daemon = Daemon::start(&folder);
        let _permit = daemon.backup(session);
        let (sending, hearing) = feed(daemon.put(session));
        std::thread::sleep(Duration::from_millis(wait));
        daemon.kill();
        sending.join().unwrap();
        let acknowledged = hearing.join().unwrap();
        assert!(every_object_is_whole(&folder) >= acknowledged.len());
        for name in acknowledged {
            assert!(path_of(&folder, name).exists());
        }
    }
    // The next start removes what was half, and all that was whole is served.
    let daemon = Daemon::start(&folder);
    assert_eq!(temporary_files(&folder), 0);
    let whole = every_object_is_whole(&folder);
    assert!(whole > 0);
    let _permit = daemon.restore(9);
    let mut get = daemon.get(9);
    let name = ObjectName::of(Kind::Pack, &noise(0, SIZE));
    get.tx.send(&GetObject { name }).unwrap();
    assert_eq!(get.take_object(), Ok(noise(0, SIZE)));
}

#[test]
fn only_temporary_files_of_our_own_are_swept() {
    let (_parent, folder) = folder();
    drop(Daemon::start(&folder));
    let ours = folder.join(PREFIX.to_string()).join("tmp");
    let foreign = folder.join("lost+found/tmp");
    for tmp in [&ours, &foreign] {
        fs::create_dir_all(tmp).unwrap();
        for name in ["t7", "t07", "notes.txt"] {
            fs::write(tmp.join(name), name).unwrap();
        }
    }
    drop(Daemon::start(&folder));
    assert!(!ours.join("t7").exists());
    assert!(ours.join("t07").exists() && ours.join("notes.txt").exists());
    assert!(foreign.join("t7").exists());
}
