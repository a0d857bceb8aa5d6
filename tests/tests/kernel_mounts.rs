//! Private volumes with a file system that only the kernel reads.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::machine::noise::noise;
use crate::machine::{Machine, assert_same, skipped_without_root};
use qib_lab::compare::{Mounted, Tree};
use qib_lab::tool;
use serde_json::Value;

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// Adds a halted qube whose private volume has this file system and some files.
fn add_qube(machine: &Machine, program: &str) {
    let image = machine.lab.scratch().join("private");
    File::create(&image).unwrap().set_len(512 << 20).unwrap();
    let made = tool(program).arg("-q").arg(&image).output().unwrap();
    assert!(made.status.success(), "{program}");
    {
        let volume = Mounted::writable(&image).unwrap();
        let home = volume.path().join("home/user");
        fs::create_dir_all(home.join("docs/deep")).unwrap();
        fs::create_dir_all(home.join(".cache")).unwrap();
        fs::write(home.join(".cache/file"), noise(1 << 20, 3)).unwrap();
        for file in 0..300u32 {
            let text = format!("line {file}\n").repeat(200);
            fs::write(home.join(format!("docs/{file}")), text).unwrap();
        }
        fs::write(home.join("photo"), noise(20 << 20, 1)).unwrap();
        fs::hard_link(home.join("photo"), home.join("docs/deep/again")).unwrap();
        std::os::unix::fs::symlink("photo", home.join("link")).unwrap();
        let sparse = File::create(home.join("sparse")).unwrap();
        sparse.write_all_at(&noise(65536, 2), 64 << 20).unwrap();
        sparse.set_len(100 << 20).unwrap();
        let attribute = tool("setfattr")
            .args(["-n", "user.color", "-v", "blue"])
            .arg(home.join("photo"))
            .status();
        assert!(attribute.unwrap().success());
    }
    machine.lab.add_image("work", &image, false).unwrap();
}

/// What is kept: each file system has its own map of holes, and caches stay empty.
fn kept(machine: &Machine, qube: &str) -> Tree {
    let mut tree = machine.tree(qube);
    tree.retain(|path, _| !path.starts_with(b"home/user/.cache/"));
    for more in tree.values_mut().filter_map(|node| node.more.as_mut()) {
        more.data.clear();
    }
    tree
}

fn comes_back(program: &str, name: &str, word: &str) {
    let machine = Machine::new();
    add_qube(&machine, program);
    let text = machine.ok(&["backup", "work"]);
    assert!(
        text.contains(&format!("read by the kernel: {name}")),
        "{text}"
    );
    assert!(text.contains("left out by user-cache: 1 entry"), "{text}");
    let first = kept(&machine, "work");
    // Where cuts fall in what follows the change is up to the qube's secret: once in some tens
    // of times they are others for many MiB.
    let new = (3..6).map(|turn: u32| {
        {
            let volume = Mounted::writable(&machine.lab.image("work").unwrap()).unwrap();
            let home = volume.path().join("home/user");
            let photo = OpenOptions::new().write(true).open(home.join("photo"));
            let change = noise(1 << 20, u64::from(turn) + 6);
            let place = u64::from(turn) << 20;
            photo.unwrap().write_all_at(&change, place).unwrap();
            fs::remove_file(home.join(format!("docs/{turn}"))).unwrap();
            fs::write(home.join(format!("new {turn}")), "new").unwrap();
        }
        let next = machine.backup("work");
        assert_eq!(
            (&next["read_by"], &next["volume"]),
            (&"kernel".into(), &name.into())
        );
        let new = number(&next["counts"]["bytes_new"]);
        println!("{word}: 1 MiB of 20 changed: new {new} bytes: {next}");
        new
    });
    let least = new.min().unwrap();
    assert!(least < 8 << 20, "{least}");
    let third = machine.backup("work");
    assert_eq!(number(&third["counts"]["bytes_new"]), 0, "{third}");
    machine.restore("work", &[], "after");
    assert_same(&kept(&machine, "work"), &kept(&machine, "after"));
    machine.restore("work", &["--snapshot", "1"], "before");
    assert_same(&first, &kept(&machine, "before"));
    let listed = machine.ok(&["snapshots", "work"]);
    assert!(
        listed.contains(&format!("by the kernel: {name}")),
        "{listed}"
    );
    assert_eq!(machine.leftovers(), Vec::<String>::new());
}

#[test]
fn a_btrfs_volume_is_backed_up_by_files_and_comes_back_in_an_ext4() {
    if !skipped_without_root("a_btrfs_volume_is_backed_up_by_files_and_comes_back_in_an_ext4") {
        comes_back("mkfs.btrfs", "btrfs", "btrfs");
    }
}

#[test]
fn an_xfs_volume_is_backed_up_by_files_and_comes_back_in_an_ext4() {
    if !skipped_without_root("an_xfs_volume_is_backed_up_by_files_and_comes_back_in_an_ext4") {
        comes_back("mkfs.xfs", "XFS", "xfs");
    }
}

#[test]
fn the_last_state_of_a_volume_in_use_is_never_passed_over_in_silence() {
    if skipped_without_root("the_last_state_of_a_volume_in_use_is_never_passed_over_in_silence") {
        return;
    }
    let machine = Machine::new();
    add_qube(&machine, "mkfs.xfs");
    machine.lab.start("work").unwrap();
    let image = machine.lab.image("work").unwrap();
    let volume = Mounted::writable(&image).unwrap();
    let mut file = File::create(volume.path().join("home/user/in the log")).unwrap();
    file.write_all(b"and nowhere else").unwrap();
    file.sync_all().unwrap();
    let (_, message) = machine.fails(&["backup", "work"]);
    let named = message.contains("not clean") && message.contains("shut the qube down");
    assert!(named, "{message}");
    drop(file);
    drop(volume);
    machine.lab.stop("work").unwrap();
    assert_eq!(machine.backup("work")["read_by"], "kernel");
    machine.restore("work", &[], "again");
    assert!(kept(&machine, "again").contains_key(b"home/user/in the log".as_slice()));
    assert_same(&kept(&machine, "work"), &kept(&machine, "again"));
}

#[test]
fn restoring_says_that_the_file_system_is_another() {
    if skipped_without_root("restoring_says_that_the_file_system_is_another") {
        return;
    }
    let machine = Machine::new();
    add_qube(&machine, "mkfs.btrfs");
    machine.backup("work");
    let passphrase = machine.passphrase();
    let words = ["restore", "work", "--as", "again", "-p"];
    let text = machine.ok(&[&words[..], &[passphrase.to_str().unwrap()]].concat());
    assert!(text.contains("it was btrfs; now it is ext4"), "{text}");
    let magic = |path: &Path| {
        let mut magic = [0; 2];
        File::open(path)
            .unwrap()
            .read_exact_at(&mut magic, 1080)
            .unwrap();
        magic
    };
    assert_eq!(magic(&machine.lab.image("again").unwrap()), [0x53, 0xef]);
}
