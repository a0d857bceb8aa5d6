//! Whole runs with a place that is no folder of the storage qube's: what comes back is the same.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::machine::faults::add;
use crate::machine::{BINARY, Machine, assert_same, kill, process, skipped_without_root};
use qib_lab::LabBuilder;

/// A remote of rclone's that is a folder, reached by the WebDAV server that the daemon starts.
const PLACE: &str = r#"
[place]
type = "rclone"
remote = "there:"
config = "/rw/config/qib/rclone.conf"

[transfer]
spool = "/rw"
cache = "/rw/cache"
"#;

fn machine() -> Machine {
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    let disk = machine.storage().parent().unwrap().to_owned();
    let config = disk.join("config/qib");
    fs::create_dir_all(&config).unwrap();
    fs::create_dir_all(disk.join("there")).unwrap();
    let remote = "[there]\ntype = alias\nremote = /rw/there\n";
    fs::write(config.join("rclone.conf"), remote).unwrap();
    fs::write(config.join("storage.toml"), PLACE).unwrap();
    // The daemon is started again, and then reads it.
    kill(process(&machine, "qib-storage").unwrap());
    let deadline = Instant::now() + Duration::from_secs(60);
    let passphrase = machine.passphrase();
    while !machine
        .qib(&["init", "-p", passphrase.to_str().unwrap()])
        .status
        .success()
    {
        assert!(Instant::now() < deadline, "the daemon does not come back");
        sleep(Duration::from_millis(200));
    }
    assert!(process(&machine, "rclone").is_some());
    machine
}

#[test]
fn a_qube_comes_back_from_a_remote_of_rclone() {
    const TEST: &str = "a_qube_comes_back_from_a_remote_of_rclone";
    if skipped_without_root(TEST) {
        return;
    }
    if !Path::new("/usr/bin/rclone").exists() {
        eprintln!("SKIPPED {TEST}: rclone is not installed here");
        return;
    }
    let machine = machine();
    add(&machine, "work", 20);
    machine.backup("work");
    machine.backup("work");
    assert!(machine.objects("pack-").is_empty(), "none in the folder");
    machine.restore("work", &[], "again");
    assert_same(&machine.tree("work"), &machine.tree("again"));
    machine.ok(&["verify", "work"]);
    machine.ok(&["forget", "work", "--keep-last", "1"]);
    machine.ok(&["prune"]);
    machine.ok(&["scrub", "work"]);
    // rclone dies, and is started again: the next run works.
    kill(process(&machine, "rclone").unwrap());
    machine.backup("work");
    machine.restore("work", &[], "once-more");
    assert_same(&machine.tree("work"), &machine.tree("once-more"));
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}
