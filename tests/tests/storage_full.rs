//! A storage qube whose disk is full.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::machine::faults::{add, next_run_works, one_error};
use crate::machine::{BINARY, Machine, skipped_without_root};
use qib_lab::LabBuilder;

/// A small file system over a folder.
struct Small(PathBuf);

impl Small {
    fn over(folder: &Path, mebibytes: u64) -> Self {
        mount(&format!("size={mebibytes}m"), folder);
        Self(folder.to_owned())
    }

    fn grow(&self, mebibytes: u64) {
        mount(&format!("remount,size={mebibytes}m"), &self.0);
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn mount(options: &str, folder: &Path) {
    let mut command = Command::new("mount");
    let command = command.args(["-t", "tmpfs", "-o", options, "small"]);
    assert!(command.arg(folder).status().unwrap().success());
}

#[test]
fn a_full_storage_is_an_error_and_costs_nothing_that_was_stored() {
    if skipped_without_root("a_full_storage_is_an_error_and_costs_nothing_that_was_stored") {
        return;
    }
    let machine = Machine::before_init(LabBuilder::new(BINARY));
    machine.lab.stop("sys-backup").unwrap();
    let disk = Small::over(&machine.lab.dir().join("disks/sys-backup"), 30);
    machine.lab.start("sys-backup").unwrap();
    machine.init();
    add(&machine, "work", 10);
    add(&machine, "large", 60);
    machine.backup("work");
    let stored = machine.objects("");
    let (code, text) = machine.fails(&["backup", "large"]);
    assert_eq!(code, 6);
    one_error(&text, &["large: the storage is full", "free space"]);
    assert!(stored.iter().all(|object| object.exists()));
    machine.restore("work", &[], "again");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
    disk.grow(300);
    machine.backup("large");
    next_run_works(&machine);
}
