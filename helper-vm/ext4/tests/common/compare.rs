//! Holding what our reader says against what a kernel mount says.

use qib_ext4::{DirEntry, Ext4, FileType};

use super::device::FileDevice;
use super::image::Image;
use super::record::{Tree, assert_same};
use super::{kernel, ours};

/// Everything is the same, and the image is not changed.
pub fn compare_image(image: &Image) {
    let expected = kernel::tree(image.mount("ro,noatime").path());
    compare_with(image, &expected);
}

/// The reader sees what the kernel saw.
pub fn compare_with(image: &Image, expected: &Tree) {
    let fs = Ext4::open(FileDevice::open(&image.path())).unwrap();
    let found = ours::tree(&fs).unwrap();
    assert_same(&found, expected);
    compare_inodes(&fs, &found);
    compare_hints(&fs);
}

/// What directory entries say of the type is what the inodes are.
fn compare_hints(fs: &Ext4<FileDevice>) {
    let inodes = fs.inodes().map(|inode| inode.unwrap());
    for directory in inodes.filter(|inode| inode.file_type == FileType::Directory) {
        let hint = |entry: DirEntry<'_>| {
            let file_type = fs.inode(entry.inode).unwrap().file_type;
            assert!(entry.hint.is_none_or(|hint| hint == file_type));
        };
        fs.read_dir(&directory, hint).unwrap();
    }
}

/// The inode tables hold exactly the inodes that have names.
fn compare_inodes(fs: &Ext4<FileDevice>, named: &Tree) {
    let mut named: Vec<u64> = named.values().map(|record| record.inode).collect();
    named.sort_unstable();
    named.dedup();
    let listed: Vec<_> = fs.inodes().map(|inode| inode.unwrap()).collect();
    let numbers: Vec<u64> = listed
        .iter()
        .map(|inode| inode.number.get().into())
        .collect();
    assert_eq!(numbers, named);
    for inode in listed.iter().filter(|inode| inode.number.get() % 7 == 0) {
        assert_eq!(
            format!("{inode:?}"),
            format!("{:?}", fs.inode(inode.number).unwrap())
        );
    }
}
