//! Helpers that are machines of their own, with a kernel of their own, a serial line, and the
//! volume as their only disk. They start slowly: all is shown in one lab.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::machine::faults::{add, one_error};
use crate::machine::noise::noise;
use crate::machine::{BINARY, Machine, assert_same, process, skipped_without_root};
use qib_lab::compare::{Mounted, Tree};
use qib_lab::{LabBuilder, tool};

#[test]
fn helpers_that_are_machines_do_what_helpers_do() {
    const TEST: &str = "helpers_that_are_machines_do_what_helpers_do";
    if skipped_without_root(TEST) || crate::emulated::skipped_without(TEST, &[]) {
        return;
    }
    let machine = Machine::before_init(LabBuilder::new(BINARY).vm_helpers());
    machine.init();
    a_qube_is_backed_up_and_restored(&machine);
    only_the_machines_kernel_mounts_what_qib_does_not_read(&machine);
    a_crafted_file_system_is_an_error(&machine);
    a_kernel_that_crashes_takes_only_its_helper_with_it(&machine);
}

/// No machine runs any more, and nothing else is left.
fn nothing_is_left(machine: &Machine) {
    assert_eq!(process(machine, "qemu-system-x86_64"), None);
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

fn a_qube_is_backed_up_and_restored(machine: &Machine) {
    add(machine, "work", 3);
    machine.lab.start("work").unwrap();
    let report = machine.backup("work");
    assert_eq!(report["read_by"], "reader", "{report}");
    nothing_is_left(machine);
    machine.restore("work", &[], "again");
    assert_same(&machine.tree("work"), &machine.tree("again"));
    nothing_is_left(machine);
}

/// A halted qube whose private volume is XFS; `spoil` hears the inode of a folder.
fn add_xfs(machine: &Machine, name: &str, spoil: impl FnOnce(&Path, u64)) {
    let image = machine.lab.scratch().join("private");
    File::create(&image).unwrap().set_len(320 << 20).unwrap();
    let made = tool("mkfs.xfs").args(["-q", "-f"]).arg(&image).status();
    assert!(made.unwrap().success());
    let docs = {
        let volume = Mounted::writable(&image).unwrap();
        let docs = volume.path().join("home/user/docs");
        fs::create_dir_all(&docs).unwrap();
        for number in 0..20 {
            fs::write(docs.join(number.to_string()), noise(50_000, number)).unwrap();
        }
        symlink("1", docs.join("link")).unwrap();
        fs::metadata(&docs).unwrap().ino()
    };
    spoil(&image, docs);
    machine.lab.add_image(name, &image, false).unwrap();
}

/// Each file system has its own map of holes.
fn without_holes(mut tree: Tree) -> Tree {
    for more in tree.values_mut().filter_map(|node| node.more.as_mut()) {
        more.data.clear();
    }
    tree
}

fn only_the_machines_kernel_mounts_what_qib_does_not_read(machine: &Machine) {
    add_xfs(machine, "xfs", |_, _| {});
    let report = machine.backup("xfs");
    let by = (&report["read_by"], &report["volume"]);
    assert_eq!(by, (&"kernel".into(), &"XFS".into()), "{report}");
    machine.restore("xfs", &[], "xfs-again");
    let (before, after) = (machine.tree("xfs"), machine.tree("xfs-again"));
    assert_same(&without_holes(before), &without_holes(after));
    nothing_is_left(machine);
}

/// The kernel mounts it, and then finds a folder whose inode is none.
fn a_crafted_file_system_is_an_error(machine: &Machine) {
    add_xfs(machine, "crafted", |image, folder| {
        let inode = format!("inode {folder}");
        let mut xfs_db = tool("xfs_db");
        xfs_db.args(["-x", "-c", &inode, "-c", "write -d core.magic 0"]);
        let written = xfs_db.arg(image).output().unwrap();
        assert!(written.status.success(), "{written:?}");
    });
    let (code, said) = machine.fails(&["backup", "crafted"]);
    assert_eq!(code, 1);
    one_error(&said, &["crafted: ", "the file system is damaged"]);
    nothing_is_left(machine);
}

fn a_kernel_that_crashes_takes_only_its_helper_with_it(machine: &Machine) {
    let log = machine.lab.dir().join("qubesd.log");
    let attached = || -> Vec<String> {
        let log = fs::read_to_string(&log).unwrap();
        let attached = log.lines().filter(|line| line.contains("block.Attach+"));
        attached.map(str::to_owned).collect()
    };
    let before = attached().len();
    let mut qib = machine.lab.dom0(["qib", "backup", "--always", "work"]);
    let mut child = qib.stderr(Stdio::piped()).spawn().unwrap();
    while attached().len() == before {
        assert!(child.try_wait().unwrap().is_none());
        sleep(Duration::from_millis(10));
    }
    assert!(process(machine, "qemu-system-x86_64").is_some());
    let helper = attached()[before].split(' ').nth(2).unwrap().to_owned();
    let crash = "root:echo c > /proc/sysrq-trigger";
    let called = machine.lab.exec(["qrexec-client", "-d", &helper, crash]);
    assert_eq!(called.unwrap().status.code(), Some(255));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    one_error(&said, &["work: ", "helper"]);
    nothing_is_left(machine);
}
