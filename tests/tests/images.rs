//! Volumes that hold no file system of ours: kept as they are, and restored so.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::machine::noise::noise;
use crate::machine::{Machine, skipped_without_root};
use qib_lab::tool;
use serde_json::Value;

const MEBIBYTE: usize = 1 << 20;

/// 64 MiB: a mark, noise, a large hole.
fn volume(machine: &Machine, mark: &[u8], at: usize) -> PathBuf {
    let mut bytes = noise(64 * MEBIBYTE, 5);
    bytes[at..at + mark.len()].copy_from_slice(mark);
    bytes[20 * MEBIBYTE..50 * MEBIBYTE].fill(0);
    let path = machine.lab.scratch().join("volume");
    fs::write(&path, &bytes).unwrap();
    path
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// The sum that stock tools have of a volume.
fn sha256(path: &Path) -> String {
    let output = tool("sha256sum").arg(path).output().unwrap();
    assert!(output.status.success());
    let line = String::from_utf8(output.stdout).unwrap();
    line.split(' ').next().unwrap().to_owned()
}

fn assert_same_volume(machine: &Machine, one: &str, other: &str) {
    let sum = |name| sha256(&machine.lab.image(name).unwrap());
    assert_eq!(sum(one), sum(other));
}

#[test]
fn a_volume_of_another_system_comes_back_bit_for_bit_and_is_named() {
    let machine = Machine::new();
    let path = volume(&machine, b"NTFS    ", 3);
    machine.lab.add_image("work", &path, false).unwrap();
    let text = machine.ok(&["backup", "work"]);
    assert!(text.contains("read as an image: NTFS"), "{text}");
    let listed = machine.ok(&["snapshots", "work"]);
    assert!(listed.contains("as an image: NTFS"), "{listed}");
    let second = machine.backup("work");
    assert_eq!(
        (&second["read_by"], &second["volume"]),
        (&"image".into(), &"NTFS".into())
    );
    assert_eq!(number(&second["counts"]["bytes_new"]), 0);
    let stored = number(&second["counts"]["bytes_stored"]);
    println!("an unchanged image of 64 MiB: stored {stored} bytes");
    assert!(stored < 16 << 10, "{stored}");
    machine.restore("work", &[], "again");
    assert_same_volume(&machine, "work", "again");
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_mebibyte_changed_in_an_encrypted_volume_sends_what_lies_around_it() {
    let machine = Machine::new();
    let path = volume(&machine, b"LUKS\xba\xbe\0\x02", 0);
    machine.lab.add_image("work", &path, false).unwrap();
    machine.backup("work");
    let image = machine.lab.image("work").unwrap();
    let file = fs::OpenOptions::new().write(true).open(image).unwrap();
    file.write_all_at(&noise(MEBIBYTE, 6), 55 << 20).unwrap();
    drop(file);
    let second = machine.backup("work");
    let stored = number(&second["counts"]["bytes_stored"]);
    println!("1 MiB of an image changed: stored {stored} bytes");
    assert!(stored < 10 << 20, "{stored}");
    machine.restore("work", &[], "again");
    assert_same_volume(&machine, "work", "again");
    machine.restore("work", &["--snapshot", "1"], "before");
    let before = sha256(&machine.lab.image("before").unwrap());
    assert_eq!(before, sha256(&path));
}

#[test]
fn a_file_system_becomes_an_image_and_one_again() {
    let machine = Machine::new();
    let tree = machine.lab.scratch().join("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("file"), noise(3 * MEBIBYTE, 1)).unwrap();
    machine.lab.add_tree("work", &tree).unwrap();
    let image = machine.lab.image("work").unwrap();
    let files = fs::read(&image).unwrap();
    let read_by = |machine: &Machine| {
        let output = machine.qib(&["backup", "--always", "--json", "work"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let read_by = report["qubes"][0]["read_by"].as_str().unwrap();
        (output.status.code(), read_by.to_owned())
    };
    assert_eq!(read_by(&machine), (Some(0), "reader".to_owned()));
    fs::copy(volume(&machine, b"LUKS\xba\xbe", 0), &image).unwrap();
    // All that it holds is new and does not compress: somebody is told.
    assert_eq!(read_by(&machine), (Some(4), "image".to_owned()));
    fs::write(&image, files).unwrap();
    assert_eq!(read_by(&machine), (Some(0), "reader".to_owned()));
    let json: Value = serde_json::from_str(&machine.ok(&["snapshots", "--json"])).unwrap();
    let snapshots = json["qubes"][0]["snapshots"].as_array().unwrap();
    let read: Vec<&Value> = snapshots.iter().map(|one| &one["read_by"]).collect();
    assert_eq!(read, ["reader", "image", "reader"]);
    machine.restore("work", &[], "again");
    crate::machine::assert_same(&machine.tree("work"), &machine.tree("again"));
}

#[test]
fn where_nobody_may_mount_a_file_system_of_the_kernels_is_an_image() {
    if skipped_without_root("where_nobody_may_mount_a_file_system_of_the_kernels_is_an_image") {
        return;
    }
    let machine = Machine::of_nobody();
    let path = machine.lab.scratch().join("volume");
    let file = fs::File::create(&path).unwrap();
    file.set_len(128 << 20).unwrap();
    let made = tool("mkfs.btrfs").arg("-q").arg(&path).output().unwrap();
    assert!(made.status.success());
    machine.lab.add_image("work", &path, false).unwrap();
    let text = machine.ok(&["backup", "work"]);
    assert!(text.contains("read as an image: btrfs"), "{text}");
    machine.restore("work", &[], "again");
    assert_same_volume(&machine, "work", "again");
}
