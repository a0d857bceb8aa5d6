//! Volumes that grew or shrank: descriptors in reserved blocks, moved, or in every group.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use common::aging;
use common::compare::compare_image;
use common::edit::Edit;
use common::image::{Image, can_mount, debugfs, run, tool};

/// A volume of 1 KiB blocks in small groups.
fn small(features: &str, more: &[&str]) -> Image {
    let sizes = ["-b", "1024", "-g", "1024", "-J", "size=4", "-i", "4096"];
    let options = [&["-t", "ext4", "-O", features], &sizes[..], more].concat();
    Image::make(48, &options)
}

/// Lets e2fsck repair what a test made of the image.
fn repair(path: &Path) {
    let ran = tool("e2fsck").args(["-f", "-y"]).arg(path).output();
    let code = ran.unwrap().status.code();
    assert!(code.is_some_and(|code| code <= 1));
}

#[test]
fn unmounted() {
    if !can_mount("unmounted") {
        return;
    }
    for features in [
        "resize_inode",
        "^resize_inode",
        "^resize_inode,meta_bg",
        "^resize_inode,^flex_bg,^64bit",
        "inline_data,sparse_super2,^resize_inode",
    ] {
        println!("{features}");
        let image = small(features, &[]);
        let path = image.path();
        aging::age(image.mount("acl").path(), 1);
        for mebibytes in [200, 399, 64] {
            let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(400 << 20).unwrap();
            repair(&path);
            let size = format!("{mebibytes}M");
            run("resize2fs", &[path.to_str().unwrap(), &size]);
            compare_image(&image);
        }
    }
}

/// As a kernel leaves it that grew the volume beyond the room for descriptors: some are in a row,
/// the others in their groups.
#[test]
fn with_some_descriptors_in_a_row() {
    if !can_mount("with_some_descriptors_in_a_row") {
        return;
    }
    // In such wide groups the first blocks of most groups are free for descriptors.
    for (features, row) in [
        ("resize_inode", 1),
        ("resize_inode", 2),
        ("resize_inode,^64bit", 1),
        ("resize_inode,^metadata_csum,uninit_bg", 2),
    ] {
        println!("{features} {row}");
        let image = small(features, &["-G", "64"]);
        let request = format!(
            "feature meta_bg ^resize_inode\nset_super_value first_meta_bg {row}\n\
             set_bg 0 free_blocks_count 1\nset_bg 0 checksum calc\n"
        );
        debugfs(&image, &request);
        repair(&image.path());
        aging::age(image.mount("acl").path(), row);
        compare_image(&image);
        let edit = Edit::new(&image);
        assert_eq!(edit.u32(1024 + 0x104), usize::try_from(row).unwrap());
        assert_eq!(edit.u32(1024 + 0x60) & 0x10, 0x10);
    }
}
