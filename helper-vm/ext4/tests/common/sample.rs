//! A folder with a file of each kind that needs no root, and small images made from it.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, symlink};
use std::path::Path;

use rustix::fs::XattrFlags;

use super::image::{Image, debugfs, run};

/// One group, no checksums, so that any change is seen by what it breaks.
pub const PLAIN: &[&str] = &["-t", "ext4", "-b", "1024", "-N", "128", "-O", NO_CHECKSUMS];
const NO_CHECKSUMS: &str = "^metadata_csum,^uninit_bg,^64bit,^has_journal,^resize_inode";
/// The same, with a journal as small as the kernel takes it.
pub const JOURNALED: &[&str] = &[
    "-t",
    "ext4",
    "-b",
    "1024",
    "-N",
    "128",
    "-O",
    "^metadata_csum,^uninit_bg,^64bit,^resize_inode",
    "-J",
    "size=1",
];
/// The same, with every checksum.
pub const CHECKED: &[&str] = &[
    "-t",
    "ext4",
    "-b",
    "1024",
    "-N",
    "128",
    "-O",
    "^has_journal,^resize_inode,^64bit",
];
pub const EXT2: &[&str] = &[
    "-t",
    "ext2",
    "-b",
    "1024",
    "-N",
    "128",
    "-O",
    "^resize_inode",
];

/// With content in inodes and values in inodes of their own, without any checksum.
pub const INLINE: &[&str] = &[
    "-t",
    "ext4",
    "-b",
    "1024",
    "-N",
    "128",
    "-O",
    "inline_data,ea_inode,^metadata_csum,^uninit_bg,^64bit,^has_journal,^resize_inode",
];

/// Like [`image`], and `file` has an attribute `user.big` of 1000 bytes in an inode of its own.
pub fn with_value(mebibytes: u64, options: &[&str]) -> Image {
    let image = image(mebibytes, options);
    let value = image.folder.path().join("value");
    fs::write(&value, [b'v'; 1000]).unwrap();
    let value = value.to_str().unwrap();
    debugfs(&image, &format!("ea_set -f {value} /file user.big\n"));
    image
}

/// An image of so many MiB with the folder's content.
pub fn image(mebibytes: u64, options: &[&str]) -> Image {
    let source = tempfile::tempdir().unwrap();
    fill(source.path());
    let mut options = options.to_vec();
    options.extend(["-d", source.path().to_str().unwrap()]);
    Image::make(mebibytes, &options)
}

pub fn fill(root: &Path) {
    fs::write(root.join("file"), [7; 5000]).unwrap();
    fs::create_dir(root.join("folder")).unwrap();
    fs::write(root.join("folder/inside"), b"inside").unwrap();
    fs::write(root.join("folder/second"), b"second").unwrap();
    fs::hard_link(root.join("file"), root.join("folder/linked")).unwrap();
    symlink("short", root.join("fast")).unwrap();
    symlink("l".repeat(200), root.join("slow")).unwrap();
    let pieces = File::create(root.join("pieces")).unwrap();
    for piece in 0..40 {
        pieces.write_all_at(b"piece", piece * 8192).unwrap();
    }
    pieces.set_len(400_000).unwrap();
    fs::write(root.join("attributes"), b"x").unwrap();
    let path = root.join("attributes");
    for (key, length) in [("user.in", 20), ("user.block", 300)] {
        rustix::fs::setxattr(&path, key, &vec![b'v'; length], XattrFlags::empty()).unwrap();
    }
    fs::write(root.join("acl"), b"").unwrap();
    run(
        "setfacl",
        &["-m", "u:70000:rw", root.join("acl").to_str().unwrap()],
    );
}
