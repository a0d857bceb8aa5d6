//! A million files in one folder. A program of its own, to measure its memory alone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs;
use std::time::Instant;

use common::check::assert_clean;
use common::copy::AddFile;
use common::model::Owned;
use common::reading::image::can_mount;
use common::reading::memory;
use common::volume::Volume;
use qib_ext4::FileType;

const FILES: usize = 1_000_000;
/// What a restore may take in all, in KiB.
const MOST: u64 = 300 << 10;

fn name(number: usize) -> String {
    format!("one of a million names, {number}")
}

#[test]
fn a_million_files_in_one_folder() {
    let volume = Volume::empty(600 << 20, &["-b", "4096", "-N", "1000100"]);
    let begun = Instant::now();
    let mut writer = volume.writer();
    writer.enter(b"million").unwrap();
    let owned = Owned::plain();
    for number in 0..FILES {
        let name = name(number);
        writer
            .add_file(name.as_bytes(), &owned.meta(), 1, 0, &[])
            .unwrap();
    }
    writer.leave(&owned.meta()).unwrap();
    writer.leave(&owned.meta()).unwrap();
    writer.finish().unwrap();
    let peak = memory::peak();
    println!("{:?}, {} MiB at most", begun.elapsed(), peak >> 10);
    assert!(peak < MOST, "{peak} KiB");
    assert_clean(&volume);
    let fs = volume.open();
    let is_folder = |inode: &qib_ext4::Inode| inode.file_type == FileType::Directory;
    let mut folders = fs.inodes().map(|inode| inode.unwrap()).filter(is_folder);
    let folder = folders.find(|inode| inode.number.get() > 11).unwrap();
    let mut numbers = Vec::new();
    let take = |entry: qib_ext4::DirEntry<'_>| numbers.push(entry.inode);
    fs.read_dir(&folder, take).unwrap();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), FILES);
    if can_mount("a_million_files_in_one_folder") {
        let mount = volume.mount("ro");
        for number in (0..FILES).step_by(97) {
            let path = mount.path().join("million").join(name(number));
            assert!(fs::symlink_metadata(path).unwrap().is_file());
        }
    }
}
