//! A snapshot of a live file system can show a file's new times with its old
//! bytes. The next backup must read such a file again.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use crate::machine::{Machine, image, skipped_without_root};
use qib_lab::compare::Mounted;
use qib_lab::tool;

const OLD: &[u8] = b"the old bytes of the file";
const NEW: &[u8] = b"the new bytes of the file";

/// Where the file's only block lies in the image, in bytes.
fn place(image: &Path) -> u64 {
    let output = tool("debugfs")
        .args(["-R", "blocks /home/file"])
        .arg(image)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace()
        .next()
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * block_size(image)
}

fn block_size(image: &Path) -> u64 {
    let output = tool("dumpe2fs").arg("-h").arg(image).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("Block size:"))
        .unwrap();
    line.trim().parse().unwrap()
}

fn changed_at(image: &Path) -> (i64, i64) {
    let mounted = Mounted::read_only(image).unwrap();
    let about = fs::metadata(mounted.path().join("home/file")).unwrap();
    (about.ctime(), about.ctime_nsec())
}

#[test]
fn a_file_with_new_times_and_old_bytes_is_read_again() {
    if skipped_without_root("a_file_with_new_times_and_old_bytes_is_read_again") {
        return;
    }
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    fs::create_dir_all(tree.join("home")).unwrap();
    fs::write(tree.join("home/file"), OLD).unwrap();
    let first = machine.lab.scratch().join("first.img");
    image(&tree, 64, &first);
    machine.lab.add_image("work", &first, false).unwrap();
    let volume = machine.lab.image("work").unwrap();
    let before = changed_at(&volume);
    machine.backup("work");
    // What the live file system wrote back a moment later: bytes, and no times.
    let file = OpenOptions::new().write(true).open(&volume).unwrap();
    file.write_all_at(NEW, place(&volume)).unwrap();
    file.sync_all().unwrap();
    assert_eq!(
        changed_at(&volume),
        before,
        "the times are the same in both images"
    );
    let report = machine.backup("work");
    assert!(
        report["counts"]["files_racy"].as_u64().unwrap() >= 1,
        "{report}"
    );
    machine.restore("work", &[], "again");
    let mounted = Mounted::read_only(&machine.lab.image("again").unwrap()).unwrap();
    assert_eq!(fs::read(mounted.path().join("home/file")).unwrap(), NEW);
}
