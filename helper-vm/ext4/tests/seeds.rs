//! The images that fuzzing begins with.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "../fuzz/src/lib.rs"]
#[allow(dead_code, reason = "each test program uses a part")]
mod fuzz;

use std::fs::{self, File};
use std::path::Path;

use common::edit::Edit;
use common::image::{Image, run, tool};
use common::log::{Checksums, Log, NOON};
use common::sample;
use fuzz::places::{Kind, Place};
use fuzz::{law, packed, seeds};

const MADE: &[(&str, u64, &[&str])] = &[
    ("plain", 512, &["-O", NO_CHECKSUMS]),
    ("checked", 512, &["-O", "^has_journal,^resize_inode,^64bit"]),
    ("wide", 512, &["-O", "^has_journal,^resize_inode,64bit"]),
    ("ext2", 512, &["-O", LIKE_EXT2]),
    (
        "small_inodes",
        512,
        &["-I", "128", "-O", "^has_journal,^resize_inode"],
    ),
    (
        "groups",
        1024,
        &[
            "-g",
            "256",
            "-O",
            "^metadata_csum,uninit_bg,^has_journal,^resize_inode",
        ],
    ),
    ("htree", 1024, &["-O", "^has_journal,^resize_inode"]),
    (
        "inline_data",
        512,
        &["-O", "inline_data,^has_journal,^resize_inode"],
    ),
    (
        "ea_inode",
        512,
        &["-O", "ea_inode,^has_journal,^resize_inode"],
    ),
    (
        "bigalloc",
        1024,
        &["-C", "4096", "-O", "bigalloc,^has_journal,^resize_inode"],
    ),
    (
        "meta_bg",
        1024,
        &["-g", "256", "-O", "meta_bg,^has_journal,^resize_inode"],
    ),
    (
        "orphan_file",
        2560,
        &["-O", "orphan_file,^resize_inode", "-J", "size=1"],
    ),
];
const LIKE_EXT2: &str = "none,ext_attr,dir_index,filetype,sparse_super,large_file";
const NO_CHECKSUMS: &str = "^metadata_csum,^uninit_bg,^64bit,^has_journal,^resize_inode";
const LOGS: &[(&str, Checksums)] = &[
    ("journal_none", Checksums::None),
    ("journal_v1", Checksums::V1),
    ("journal_v2", Checksums::V2),
    ("journal_v3", Checksums::V3),
];

/// A folder of everything, with so many more names.
fn make(kibibytes: u64, names: u32, options: &[&str]) -> Image {
    let source = tempfile::tempdir().unwrap();
    sample::fill(source.path());
    for name in 0..names {
        let more = source.path().join(format!("folder/{name:0>60}"));
        fs::hard_link(source.path().join("file"), more).unwrap();
    }
    let image = Image {
        folder: tempfile::tempdir().unwrap(),
    };
    let file = File::create(image.path()).unwrap();
    file.set_len(kibibytes << 10).unwrap();
    let path = image.path();
    let folder = source.path().to_str().unwrap();
    let mut arguments = vec!["-q", "-F", "-t", "ext4", "-b", "1024", "-N", "64"];
    arguments.extend(options);
    arguments.extend(["-d", folder, path.to_str().unwrap()]);
    run("mke2fs", &arguments);
    image
}

/// Builds the hash tree that mke2fs does not.
fn index(image: &Image) {
    let path = image.path();
    let status = tool("e2fsck")
        .args(["-fyD", path.to_str().unwrap()])
        .status();
    assert!(matches!(status.unwrap().code(), Some(0 | 1)));
}

/// A value of several blocks, which gets an inode of its own.
fn large_attribute(image: &Image) {
    let value = image.folder.path().join("value");
    fs::write(&value, vec![b'v'; 2500]).unwrap();
    let request = format!("ea_set -f {} attributes user.large", value.display());
    run(
        "debugfs",
        &["-w", "-R", &request, image.path().to_str().unwrap()],
    );
}

fn with_log(checksums: Checksums) -> Vec<u8> {
    let options = [
        "-O",
        "^metadata_csum,^uninit_bg,^64bit,^resize_inode",
        "-J",
        "size=1",
    ];
    let edit = Edit::new(&make(2560, 0, &options));
    let block: u64 = (edit.data("file") / 1024).try_into().unwrap();
    let table = edit.pointed(edit.descriptor(8));
    let mut log = Log::new(&edit, checksums, true, 0);
    log.start(1, !0 - 1);
    for round in 0..3_u8 {
        let inodes = edit.bytes[table + 3072..table + 4096].to_vec();
        let number = (table / 1024 + 3).try_into().unwrap();
        log.copies(&[(block, vec![round; 1024]), (number, inodes)]);
        log.revoke(&[9, block + 1]);
        log.commit(NOON);
    }
    log.edit.bytes
}

#[test]
#[ignore = "writes into the repository"]
fn write_the_seeds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let write = |name: &str, image: &[u8]| {
        fs::write(folder.join(name), packed::pack(image)).unwrap();
    };
    for (name, kibibytes, options) in MADE {
        let image = make(*kibibytes, if *name == "htree" { 100 } else { 0 }, options);
        if *name == "htree" {
            index(&image);
        }
        if *name == "ea_inode" {
            large_attribute(&image);
        }
        write(name, &image.bytes());
    }
    for (name, checksums) in LOGS {
        write(name, &with_log(*checksums));
    }
}

#[test]
fn they_are_small_and_each_is_used() {
    let names: Vec<&str> = seeds::PACKED.iter().map(|(name, _)| *name).collect();
    let made = MADE.iter().map(|(name, ..)| *name);
    let logs = LOGS.iter().map(|(name, _)| *name);
    assert_eq!(names, made.chain(logs).collect::<Vec<_>>());
    let bytes: usize = seeds::PACKED.iter().map(|(_, packed)| packed.len()).sum();
    println!("{bytes} bytes of seeds");
    assert!(bytes < 2 << 20);
    for (name, packed) in seeds::PACKED {
        let (image, _) = packed::unpack(packed);
        assert_eq!(packed::pack(&image), *packed, "{name}");
    }
}

#[test]
fn what_can_be_opened_is_rich() {
    for seed in seeds::all() {
        let reached = law::check(&seed.image);
        println!("{}: {reached:?}, {} places", seed.name, seed.places.len());
        if reached.opened {
            assert!(reached.names >= 10 && reached.xattrs >= 3 && reached.extents > 40);
        }
        let indexed = |place: &Place| matches!(place.kind, Kind::DxRoot(_));
        assert_eq!(seed.places.iter().any(indexed), seed.name == "htree");
        let replayed = seed.name.starts_with("journal");
        assert_eq!(reached.replayed_blocks > 0, replayed);
    }
}
