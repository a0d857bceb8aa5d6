//! Each feature, alone and with others: a volume is filled and aged through the kernel, then our
//! reader and a kernel mount say the same.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::aging;
use common::compare::compare_image;
use common::image::{Image, can_mount};

/// Fills and ages a volume of so many MiB and compares all that is then on it.
fn compare(test: &str, mebibytes: u64, options: &[&str]) -> Option<Image> {
    if !can_mount(test) {
        return None;
    }
    println!("{options:?}");
    let image = Image::make(mebibytes, options);
    let seed: usize = options.iter().map(|option| option.len()).sum();
    let mount = image.mount("user_xattr,acl");
    aging::age(mount.path(), seed.try_into().unwrap());
    drop(mount);
    compare_image(&image);
    Some(image)
}

/// Sets of features, each with sizes of blocks and inodes.
fn compare_all(test: &str, sets: &[&str], sizes: &[(&str, &str)]) {
    for set in sets {
        for (block, inode) in sizes {
            let sizes = ["-b", block, "-I", inode, "-J", "size=4"];
            compare(test, 48, &[&["-t", "ext4", "-O", set], &sizes[..]].concat());
        }
    }
}

#[test]
fn data_in_inodes() {
    let sets = ["inline_data", "inline_data,^metadata_csum,^64bit"];
    let sizes = [
        ("1024", "256"),
        ("4096", "256"),
        ("4096", "512"),
        ("2048", "1024"),
    ];
    compare_all("data_in_inodes", &sets, &sizes);
}

#[test]
fn values_in_inodes_of_their_own() {
    let sets = [
        "ea_inode",
        "ea_inode,inline_data",
        "ea_inode,^metadata_csum",
        "ea_inode,metadata_csum_seed",
    ];
    let sizes = [("1024", "256"), ("4096", "256"), ("4096", "1024")];
    compare_all("values_in_inodes_of_their_own", &sets, &sizes);
}

#[test]
fn clusters() {
    let sizes = [
        ("4096", "4096", 48),
        ("1024", "2048", 48),
        ("1024", "65536", 512),
        ("4096", "16384", 256),
        ("4096", "1048576", 8192),
    ];
    let sets = [
        "bigalloc",
        "bigalloc,^metadata_csum,^64bit,inline_data",
        "bigalloc,meta_bg,^resize_inode,ea_inode",
    ];
    for (block, cluster, mebibytes) in sizes {
        for set in sets {
            let sizes = ["-b", block, "-C", cluster, "-J", "size=4", "-N", "4096"];
            let options = [&["-t", "ext4", "-O", set], &sizes[..]].concat();
            compare("clusters", mebibytes, &options);
        }
    }
}

#[test]
fn descriptors_elsewhere() {
    let sets = [
        "meta_bg,^resize_inode",
        "meta_bg,^resize_inode,^64bit",
        "meta_bg,^resize_inode,^metadata_csum,^flex_bg",
        "meta_bg,^resize_inode,^sparse_super",
        "meta_bg,^resize_inode,sparse_super2",
        "sparse_super2,^resize_inode",
    ];
    for set in sets {
        // The last group of 129 has descriptors, and with `sparse_super2` a copy before them.
        for (block, mebibytes) in [("1024", 48), ("4096", 129)] {
            let sizes = ["-b", block, "-g", "256", "-J", "size=4", "-N", "8192"];
            let options = [&["-t", "ext4", "-O", set], &sizes[..]].concat();
            compare("descriptors_elsewhere", mebibytes, &options);
        }
    }
}

#[test]
fn all_together() {
    let sets = [
        "inline_data,ea_inode,meta_bg,^resize_inode,large_dir,orphan_file,fast_commit",
        "inline_data,ea_inode,sparse_super2,^resize_inode,metadata_csum_seed,large_dir",
        "ea_inode,meta_bg,^resize_inode,^metadata_csum,uninit_bg,^flex_bg",
        "inline_data,^has_journal,^64bit,^extra_isize,^large_file,^huge_file",
    ];
    let sizes = [("1024", "256"), ("2048", "512"), ("4096", "1024")];
    for set in sets {
        for (block, inode) in sizes {
            let sizes = ["-b", block, "-I", inode, "-g", "1024", "-N", "8192"];
            let options = [&["-t", "ext4", "-O", set], &sizes[..]].concat();
            compare("all_together", 96, &options);
        }
    }
}

#[test]
fn as_in_ext2_and_ext3() {
    for (kind, features) in [
        ("ext2", "^dir_index"),
        ("ext2", "^filetype,^sparse_super,^resize_inode"),
        ("ext3", "^dir_index,^large_file"),
        ("ext3", "uninit_bg,^resize_inode"),
        ("ext4", "^extent,uninit_bg,^metadata_csum,^64bit"),
        ("ext4", "^extent,^64bit,ea_inode,meta_bg,^resize_inode"),
    ] {
        for (block, inode) in [("1024", "128"), ("4096", "256"), ("2048", "128")] {
            let options = ["-t", kind, "-b", block, "-I", inode, "-O", features];
            compare("as_in_ext2_and_ext3", 48, &options);
        }
    }
}
