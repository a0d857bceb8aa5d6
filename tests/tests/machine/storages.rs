//! What the tests of several storage qubes share.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::faults::add;
use super::{Machine, assert_same};

pub const USB: &str = "sys-usb-backup";

/// A machine with `sys-backup`, a second storage qube, and the small qubes `work` and `vault`.
pub fn machine() -> Machine {
    let machine = Machine::new();
    add_storage(&machine, USB);
    machine.ok(&["setup", "--storage", USB, "--yes"]);
    add(&machine, "work", 2);
    add(&machine, "vault", 1);
    machine
}

/// A qube in which `qib-storage` is installed.
pub fn add_storage(machine: &Machine, name: &str) {
    add(machine, name, 0);
    feature(machine, name, "service.qib-storage", "1");
}

pub fn feature(machine: &Machine, qube: &str, feature: &str, value: &str) {
    let method = format!("admin.vm.feature.Set+{feature}");
    machine.lab.admin(&method, qube, value).unwrap();
}

/// Where a storage qube keeps objects; at one of its places, in the folder of its name.
pub fn disk(machine: &Machine, storage: &str) -> PathBuf {
    let (qube, place) = storage.split_once(':').unwrap_or((storage, "qib"));
    machine.lab.dir().join("disks").join(qube).join(place)
}

/// Objects at a storage qube whose names start so, in the order of their names.
pub fn objects(machine: &Machine, storage: &str, start: &str) -> Vec<PathBuf> {
    fn find(folder: &Path, start: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => find(&path, start, found),
                path if entry.file_name().to_string_lossy().starts_with(start) => found.push(path),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    find(&disk(machine, storage), start, &mut found);
    found.sort();
    found
}

pub fn json(machine: &Machine, arguments: &[&str]) -> Value {
    serde_json::from_str(&machine.ok(arguments)).unwrap()
}

/// The number of each of a qube's snapshots, with the storage qube where it lies.
pub fn snapshots(machine: &Machine, qube: &str) -> Vec<(String, u64)> {
    let all = json(machine, &["snapshots", "--json", qube]);
    let mut found = Vec::new();
    for history in all["qubes"].as_array().unwrap() {
        let storage = history["storage"].as_str().unwrap();
        for snapshot in history["snapshots"].as_array().unwrap() {
            found.push((storage.to_owned(), snapshot["snapshot"].as_u64().unwrap()));
        }
    }
    found.sort();
    found
}

pub fn at(storage: &str, number: u64) -> (String, u64) {
    (storage.to_owned(), number)
}

/// Takes a storage qube away: it is halted and can not start.
pub fn take_away(machine: &Machine, storage: &str) {
    machine.lab.stop(storage).unwrap();
    let tag = "admin.vm.tag.Set+backup-restore-in-progress";
    machine.lab.admin(tag, storage, "").unwrap();
}

pub fn bring_back(machine: &Machine, storage: &str) {
    let tag = "admin.vm.tag.Remove+backup-restore-in-progress";
    machine.lab.admin(tag, storage, "").unwrap();
}

pub fn restored_from(machine: &Machine, qube: &str, storage: &str, target: &str) {
    machine.restore(qube, &["-d", storage], target);
    assert_same(&machine.tree(qube), &machine.tree(target));
}
