//! Our reader and a kernel mount say the same about every name, for many ways to make a volume.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::image::{Image, can_mount, run};
use common::populate::{self, Wishes};
use common::{compare::compare_image, device::FileDevice};
use qib_ext4::{Ext4, FileType};

/// Names enough for a hash tree with inner nodes in blocks of each size.
const FEW: Wishes = Wishes {
    pieces: 2000,
    names: 12_000,
    value_max: 3000,
    link_max: 4095,
};
const FEW_1K: Wishes = Wishes {
    names: 5000,
    value_max: 700,
    link_max: 1000,
    ..FEW
};
const FEW_2K: Wishes = Wishes {
    names: 5000,
    value_max: 1500,
    link_max: 2000,
    ..FEW
};

/// Fills a volume through the kernel and compares all that is then on it.
fn compare(test: &str, mebibytes: u64, options: &[&str], wishes: &Wishes) -> Option<Image> {
    if !can_mount(test) {
        return None;
    }
    let image = Image::make(mebibytes, options);
    populate::everything(image.mount("user_xattr,acl").path(), wishes);
    compare_image(&image);
    Some(image)
}

#[test]
fn ext4_4k() {
    compare("ext4_4k", 256, &["-t", "ext4", "-b", "4096"], &FEW);
}

#[test]
fn ext4_1k_with_100000_extents() {
    let test = "ext4_1k_with_100000_extents";
    let wishes = Wishes {
        pieces: 100_000,
        ..FEW_1K
    };
    let Some(image) = compare(test, 400, &["-t", "ext4", "-b", "1024"], &wishes) else {
        return;
    };
    let fs = Ext4::open(FileDevice::open(&image.path())).unwrap();
    let most = fs
        .inodes()
        .map(|inode| inode.unwrap())
        .filter(|inode| inode.file_type == FileType::Regular);
    let most = most.map(|inode| fs.extents(&inode).unwrap().count()).max();
    assert_eq!(most, Some(100_000));
}

#[test]
fn ext4_2k() {
    compare("ext4_2k", 256, &["-t", "ext4", "-b", "2048"], &FEW_2K);
}

#[test]
fn as_made_fifteen_years_ago() {
    let features = "^64bit,^metadata_csum,^flex_bg,uninit_bg";
    let options = ["-t", "ext4", "-b", "4096", "-I", "256", "-O", features];
    compare("as_made_fifteen_years_ago", 256, &options, &FEW);
}

#[test]
fn small_inodes_without_any_checksum() {
    let features = "^64bit,^metadata_csum,^uninit_bg,^extra_isize";
    let options = ["-t", "ext4", "-b", "4096", "-I", "128", "-O", features];
    compare("small_inodes_without_any_checksum", 256, &options, &FEW);
}

#[test]
fn small_inodes_with_checksums() {
    let options = ["-t", "ext4", "-b", "1024", "-I", "128"];
    compare("small_inodes_with_checksums", 256, &options, &FEW_1K);
}

#[test]
fn wide_with_group_checksums_only() {
    let options = [
        "-t",
        "ext4",
        "-b",
        "1024",
        "-O",
        "64bit,^metadata_csum,uninit_bg",
    ];
    compare("wide_with_group_checksums_only", 256, &options, &FEW_1K);
}

#[test]
fn narrow_with_checksums() {
    let options = ["-t", "ext4", "-b", "4096", "-O", "^64bit,metadata_csum"];
    compare("narrow_with_checksums", 256, &options, &FEW);
}

#[test]
fn a_seed_that_is_not_the_uuid() {
    let options = ["-t", "ext4", "-b", "4096", "-O", "metadata_csum_seed"];
    let test = "a_seed_that_is_not_the_uuid";
    let Some(image) = compare(test, 256, &options, &FEW) else {
        return;
    };
    run("tune2fs", &["-U", "random", image.path().to_str().unwrap()]);
    compare_image(&image);
}

#[test]
fn ext3() {
    compare(
        "ext3",
        256,
        &["-t", "ext3", "-b", "1024", "-I", "128"],
        &FEW_1K,
    );
}

#[test]
fn ext2() {
    compare(
        "ext2",
        256,
        &["-t", "ext2", "-b", "4096", "-I", "256"],
        &FEW,
    );
}

#[test]
fn ext2_without_types_in_directories() {
    let options = ["-t", "ext2", "-b", "2048", "-O", "^filetype,^dir_index"];
    // Without an index the kernel looks through all names for each new one.
    let wishes = Wishes {
        names: 2000,
        ..FEW_2K
    };
    compare("ext2_without_types_in_directories", 256, &options, &wishes);
}

#[test]
fn the_newer_features() {
    let features = "orphan_file,large_dir,^resize_inode,sparse_super2";
    let options = ["-t", "ext4", "-b", "4096", "-I", "512", "-O", features];
    let Some(image) = compare("the_newer_features", 256, &options, &FEW) else {
        return;
    };
    // Not before: a kernel built without quota mounts these only for reading.
    run(
        "tune2fs",
        &["-O", "quota,project", image.path().to_str().unwrap()],
    );
    compare_image(&image);
}

#[test]
fn many_groups_and_protection_against_double_mounts() {
    let test = "many_groups_and_protection_against_double_mounts";
    let options = [
        "-t", "ext4", "-b", "1024", "-g", "1024", "-G", "4", "-O", "mmp", "-I", "1024",
    ];
    compare(test, 300, &options, &FEW_1K);
}
