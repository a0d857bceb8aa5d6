//! Volumes that mke2fs fills from a folder, which needs no root: all sizes of block and inode.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::device::FileDevice;
use common::image::Image;
use common::record::{Tree, assert_same};
use common::{kernel, ours, sample};
use qib_ext4::Ext4;

/// What mke2fs copies; the rest is of its own making.
fn copied(mut tree: Tree, is_ours: bool) -> Tree {
    if is_ours {
        tree.remove(&b"lost+found"[..]);
    }
    tree.remove(&b""[..]);
    for record in tree.values_mut() {
        (record.inode, record.blocks, record.crtime) = (0, 0, None);
        record.atime = (0, 0);
        record.ctime = (0, 0);
        record.mtime.1 = 0;
        // Its size is a number of blocks in ext4; and which parts are holes depends on them.
        if record.mode >> 12 == 4 {
            record.size = 0;
        }
        record.data.clear();
        record.hash = 0;
    }
    tree
}

fn compare(options: &[&str]) {
    let source = tempfile::tempdir().unwrap();
    sample::fill(source.path());
    assert_eq!(compare_folder(source.path(), 64, options), 10);
}

/// Returns how many names were compared.
fn compare_folder(source: &Path, mebibytes: u64, options: &[&str]) -> usize {
    let mut options = options.to_vec();
    options.extend(["-d", source.to_str().unwrap()]);
    let image = Image::make(mebibytes, &options);
    let fs = Ext4::open(FileDevice::open(&image.path())).unwrap();
    let found = copied(ours::tree(&fs).unwrap(), true);
    assert_same(&found, &copied(kernel::tree(source), false));
    found.len()
}

#[test]
fn every_block_size() {
    for size in ["1024", "2048", "4096", "8192", "16384", "32768", "65536"] {
        println!("{size}");
        compare(&["-t", "ext4", "-b", size]);
        compare(&["-t", "ext4", "-b", size, "-O", "^metadata_csum,^64bit"]);
        compare(&["-t", "ext2", "-b", size]);
    }
}

#[test]
fn every_inode_size() {
    for size in ["128", "256", "512", "1024", "2048", "4096"] {
        println!("{size}");
        compare(&["-t", "ext4", "-b", "4096", "-N", "1024", "-I", size]);
        compare(&["-t", "ext3", "-b", "4096", "-N", "1024", "-I", size]);
    }
}

/// The kernel mounts blocks up to the size of a page only.
#[test]
fn features_in_every_block_size() {
    let source = tempfile::tempdir().unwrap();
    sample::fill(source.path());
    // mke2fs gives it a wrong size where data may lie in inodes.
    std::fs::remove_file(source.path().join("pieces")).unwrap();
    for length in 50..180 {
        let path = source.path().join(format!("length {length}"));
        std::fs::write(&path, vec![b'x'; length]).unwrap();
        let link = source.path().join(format!("link {length}"));
        std::os::unix::fs::symlink("t".repeat(length), link).unwrap();
    }
    for size in ["1024", "2048", "4096", "8192", "16384", "32768", "65536"] {
        for features in [
            "inline_data",
            "inline_data,ea_inode,^metadata_csum",
            "bigalloc",
            "meta_bg,^resize_inode,inline_data",
            "casefold,verity,large_dir",
        ] {
            println!("{size} {features}");
            let options = ["-t", "ext4", "-b", size, "-I", "256", "-O", features];
            assert_eq!(compare_folder(source.path(), 512, &options), 269);
        }
    }
}
