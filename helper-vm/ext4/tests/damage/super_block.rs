//! Superblocks and group descriptors that lie.

use qib_ext4::{Fault, Structure};

use crate::{Lie, assert_all, plain};

const SB: usize = 1024;

const SIZES: &[Lie] = &[
    ("block size shift 20", |e| e.set_u32(SB + 0x18, 20)),
    ("block size shift 2^32-1", |e| e.set_u32(SB + 0x18, !0)),
    ("cluster size", |e| e.set_u32(SB + 0x1C, 3)),
    ("another block size", |e| {
        e.set(SB + 0x18, [2, 0, 0, 0, 2, 0, 0, 0])
    }),
    ("inode count", |e| e.set_u32(SB, 1_000_000)),
    ("no inodes per group", |e| e.set_u32(SB + 0x28, 0)),
    ("inodes per group", |e| e.set_u32(SB + 0x28, !0)),
    ("many blocks", |e| e.set_u32(SB + 0x4, !0)),
    ("no blocks", |e| e.set_u32(SB + 0x4, 0)),
    ("no blocks per group", |e| e.set_u32(SB + 0x20, 0)),
    ("small groups", |e| e.set_u32(SB + 0x20, 8)),
    ("first data block 0", |e| e.set_u32(SB + 0x14, 0)),
    ("first data block", |e| e.set_u32(SB + 0x14, !0)),
    ("inode size 96", |e| e.set_u16(SB + 0x58, 96)),
    ("inode size 0", |e| e.set_u16(SB + 0x58, 0)),
    ("inode size 2048", |e| e.set_u16(SB + 0x58, 2048)),
    ("first inode 0", |e| e.set_u32(SB + 0x54, 0)),
    ("first inode", |e| e.set_u32(SB + 0x54, 5000)),
];

#[test]
fn sizes() {
    assert_all(&plain(), Structure::SuperBlock, Fault::Size, SIZES);
}

#[test]
fn magic() {
    let lies: &[Lie] = &[("magic", |e| e.set_u16(SB + 0x38, 0xEF54))];
    assert_all(&plain(), Structure::SuperBlock, Fault::Magic, lies);
}

#[test]
fn device_too_short() {
    let lies: &[Lie] = &[
        ("more blocks", |e| e.set_u32(SB + 0x4, 5000)),
        ("half the device", |e| e.truncate(2 << 20)),
    ];
    assert_all(&plain(), Structure::SuperBlock, Fault::OutOfVolume, lies);
    let lies: &[Lie] = &[
        ("no room", |e| e.truncate(2000)),
        ("empty", |e| e.truncate(0)),
    ];
    assert_all(&plain(), Structure::SuperBlock, Fault::Short, lies);
}

#[test]
fn group_descriptors() {
    let lies: &[Lie] = &[
        ("table outside", |e| e.set_u32(e.descriptor(8), 4090)),
        ("table far", |e| e.set_u32(e.descriptor(8), !0)),
        ("table is the superblock", |e| e.set_u32(e.descriptor(8), 1)),
        ("table at zero", |e| e.set_u32(e.descriptor(8), 0)),
        ("bitmap outside", |e| e.set_u32(e.descriptor(4), 4096)),
    ];
    assert_all(
        &plain(),
        Structure::GroupDescriptor,
        Fault::OutOfVolume,
        lies,
    );
}
