//! Places of descriptors and sizes of clusters that lie.

use qib_ext4::{Fault, Structure};

use crate::common::edit::Edit;
use crate::common::sample;
use crate::{Lie, assert_all};

const SB: usize = 1024;

/// Two blocks of descriptors: one behind the superblock, one in group 32.
fn in_groups() -> Edit {
    let features = "meta_bg,^metadata_csum,^uninit_bg,^64bit,^has_journal,^resize_inode,^flex_bg";
    let options = [
        "-t", "ext4", "-b", "1024", "-g", "256", "-N", "1024", "-O", features,
    ];
    Edit::new(&sample::image(16, &options))
}

fn clusters() -> Edit {
    let features = "bigalloc,^metadata_csum,^uninit_bg,^64bit,^has_journal,^resize_inode";
    let options = [
        "-t", "ext4", "-b", "1024", "-C", "4096", "-N", "128", "-O", features,
    ];
    Edit::new(&sample::image(16, &options))
}

#[test]
fn how_many_are_in_a_row() {
    let lies: &[Lie] = &[
        ("one more than there are", |e| e.set_u32(SB + 0x104, 3)),
        ("countless", |e| e.set_u32(SB + 0x104, !0)),
    ];
    assert_all(&in_groups(), Structure::SuperBlock, Fault::Size, lies);
    let lies: &[Lie] = &[
        ("all", |e| e.set_u32(SB + 0x104, 2)),
        ("no such feature", |e| {
            let word = SB + 0x60;
            e.set_u32(word, u32::try_from(e.u32(word)).unwrap() & !0x10)
        }),
        ("a copy in front of them", |e| {
            e.set_u32(SB + 0x5C, 0x200).set_u32(SB + 0x24C, 32)
        }),
        ("zeros", |e| e.set((32 * 256 + 1) * 1024, [0; 1024])),
    ];
    let outside = Fault::OutOfVolume;
    assert_all(&in_groups(), Structure::GroupDescriptor, outside, lies);
}

#[test]
fn sizes_of_clusters() {
    let lies: &[Lie] = &[
        ("less than a block", |e| {
            e.set_u32(SB + 0x18, 2).set_u32(SB + 0x1C, 1)
        }),
        ("larger", |e| e.set_u32(SB + 0x1C, 3)),
        ("a block", |e| e.set_u32(SB + 0x1C, 0)),
        ("2 GiB", |e| e.set_u32(SB + 0x1C, 21)),
        ("shift 2^32-1", |e| e.set_u32(SB + 0x1C, !0)),
        ("none in a group", |e| e.set_u32(SB + 0x24, 0)),
        ("more in a group", |e| e.set_u32(SB + 0x24, 8193)),
        ("countless in a group", |e| e.set_u32(SB + 0x24, !0)),
        ("blocks in a group", |e| e.set_u32(SB + 0x20, 8192)),
        ("first block", |e| e.set_u32(SB + 0x14, 1)),
        ("no such feature", |e| {
            let word = SB + 0x64;
            e.set_u32(word, u32::try_from(e.u32(word)).unwrap() & !0x200)
        }),
    ];
    assert_all(&clusters(), Structure::SuperBlock, Fault::Size, lies);
}
