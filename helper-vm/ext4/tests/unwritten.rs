//! Space that was set aside and never written shows nothing of the deleted file that it belonged
//! to, however it was set aside and whatever the sizes are.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use common::compare::compare_image;
use common::device::FileDevice;
use common::image::{Image, can_mount};
use common::populate::SECRET;
use qib_ext4::{BlockReader, Ext4, FileType, Inode};
use rustix::fs::FallocateFlags;

/// Fills the volume with a secret and deletes it, so that what follows lies on it.
fn secret_everywhere(root: &Path) {
    let mut secret = File::create(root.join("secret")).unwrap();
    let part = SECRET.repeat(20_000);
    while secret.write_all(&part).is_ok() {}
    secret.sync_all().unwrap();
    fs::remove_file(root.join("secret")).unwrap();
    rustix::fs::syncfs(File::open(root).unwrap()).unwrap();
}

fn fill(root: &Path) {
    let file = |name: &str| File::create_new(root.join(name)).unwrap();
    let allocate = |file: &File, flags, start, length| {
        rustix::fs::fallocate(file, flags, start, length).unwrap();
    };
    let (whole, keep) = (FallocateFlags::empty(), FallocateFlags::KEEP_SIZE);

    allocate(&file("whole"), whole, 0, 3_000_000);
    let written = file("written in pieces");
    allocate(&written, whole, 0, 3_000_000);
    for piece in [0, 70_001, 1_000_000, 1_200_123, 2_999_990] {
        written.write_all_at(b"a piece", piece).unwrap();
    }
    let behind = file("grown over what was behind the end");
    behind.write_all_at(b"start", 0).unwrap();
    allocate(&behind, keep, 0, 1_000_000);
    behind.set_len(900_001).unwrap();
    allocate(&file("all behind the end"), keep, 0, 500_000);
    let zeroed = file("zeroed and punched");
    zeroed.write_all_at(&[b'z'; 600_000], 0).unwrap();
    zeroed.sync_all().unwrap();
    // A file system without clusters of one block may refuse either.
    _ = rustix::fs::fallocate(&zeroed, FallocateFlags::ZERO_RANGE, 100_001, 200_000);
    _ = rustix::fs::fallocate(&zeroed, keep | FallocateFlags::PUNCH_HOLE, 400_001, 100_000);
    let cut = file("cut and grown");
    cut.write_all_at(&[b'c'; 5001], 0).unwrap();
    cut.sync_all().unwrap();
    cut.set_len(2501).unwrap();
    cut.set_len(200_000).unwrap();
    let alone = file("one block of a cluster");
    alone.write_all_at(b"alone", 37_000).unwrap();
    alone.set_len(64_000).unwrap();
}

fn holds_secret(bytes: &[u8]) -> bool {
    bytes.windows(7).any(|window| window == &SECRET[..7])
}

/// All that the reader hands out of a file, by extents and from end to end.
fn content(fs: &Ext4<FileDevice>, inode: &Inode) -> Vec<u8> {
    let mut found = vec![0; usize::try_from(inode.size).unwrap()];
    fs.file(inode, 0).unwrap().read(&mut found).unwrap();
    for extent in fs.extents(inode).unwrap().map(Result::unwrap) {
        let mut bytes = vec![0xFF; extent.length.try_into().unwrap()];
        let count = fs.read_extent(&extent, 0, &mut bytes).unwrap();
        assert_eq!(count, bytes.len());
        found.extend(bytes);
    }
    found
}

/// How many unwritten extents lie on the secret.
fn lie_on_secret(fs: &Ext4<FileDevice>, device: &FileDevice, inode: &Inode) -> usize {
    let extents = fs.extents(inode).unwrap().map(Result::unwrap);
    let unwritten = extents.filter(|extent| !extent.written);
    let holds = unwritten.filter(|extent| {
        let mut bytes = vec![0; extent.length.try_into().unwrap()];
        device.read_at(extent.place, &mut bytes).unwrap();
        holds_secret(&bytes)
    });
    holds.count()
}

#[test]
fn no_reader_is_shown_a_deleted_file() {
    if !can_mount("no_reader_is_shown_a_deleted_file") {
        return;
    }
    for options in [
        &["-b", "4096"][..],
        &["-b", "1024", "-O", "^64bit,^metadata_csum"],
        &["-b", "1024", "-O", "bigalloc,inline_data", "-C", "16384"],
        &["-b", "4096", "-O", "bigalloc", "-C", "65536"],
    ] {
        println!("{options:?}");
        let image = Image::make(24, &[&["-t", "ext4", "-J", "size=4"], options].concat());
        let mount = image.mount("rw");
        secret_everywhere(mount.path());
        fill(mount.path());
        drop(mount);
        compare_image(&image);
        let device = FileDevice::open(&image.path());
        let fs = Ext4::open(FileDevice::open(&image.path())).unwrap();
        let inodes = fs.inodes().map(Result::unwrap);
        let mut hidden = 0;
        for inode in inodes.filter(|inode| inode.file_type == FileType::Regular) {
            assert!(!holds_secret(&content(&fs, &inode)), "{inode:?}");
            hidden += lie_on_secret(&fs, &device, &inode);
        }
        assert!(hidden >= 4, "only {hidden} extents lie on the deleted file");
    }
}
