//! A place without room.

use super::bench::{Daemon, folder, noise, path_of, temporary_files};
use qib_rpc::fault::{Code, Fault};
use qib_rpc::message::object::GetObject;
use qib_rpc::object::Kind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of one mebibyte; unmounted when dropped.
struct Tiny(PathBuf);

impl Tiny {
    fn mount(at: &Path) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=1m", "qib-test"])
            .arg(at)
            .status();
        mounted
            .is_ok_and(|status| status.success())
            .then(|| Self(at.to_owned()))
    }
}

impl Drop for Tiny {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_place_refuses_and_keeps_what_it_has() {
    let (_parent, folder) = folder();
    let Some(_tiny) = Tiny::mount(&folder) else {
        eprintln!("skipped: mounting a tiny file system needs root");
        return;
    };
    let daemon = Daemon::start(&folder);
    let mut permit = daemon.backup(1);
    let mut put = daemon.put(1);
    let kept = put.put(Kind::Pack, &noise(1, 300_000));
    let lost = put.ask_put(Kind::Pack, &noise(2, 900_000));
    assert_eq!(put.fault(), Fault::about(Code::StorageFull, lost.digest));
    assert!(!path_of(&folder, lost).exists());
    assert_eq!(temporary_files(&folder), 0);
    let mut put = daemon.put(1);
    put.put(Kind::Pack, &noise(3, 300_000));
    let took = permit.close_permit();
    assert_eq!((took.bytes, took.objects), (600_000, 2));
    let _permit = daemon.restore(2);
    let mut get = daemon.get(2);
    get.tx.send(&GetObject { name: kept }).unwrap();
    assert_eq!(get.take_object(), Ok(noise(1, 300_000)));
}
