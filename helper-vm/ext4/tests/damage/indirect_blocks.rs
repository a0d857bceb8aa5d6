//! Block maps of ext2 that lie.

use qib_ext4::{Fault, Structure};

use crate::common::edit::Edit;
use crate::common::sample;
use crate::{Lie, assert_all};

/// Offsets in an inode of pointers: direct, through one block, through three.
const DIRECT: usize = 0x28;
const SINGLE: usize = DIRECT + 48;
const TRIPLE: usize = DIRECT + 56;

/// A file as large as can be, all of whose pointers go through one block, over and over.
fn through_one_block(e: &mut Edit, untrusted_pointer: fn(&Edit) -> usize) -> &mut Edit {
    let at = e.inode("pieces", 0);
    let (top, block) = (e.u32(at + SINGLE), e.pointed(at + SINGLE));
    let pointer = untrusted_pointer(e).try_into().unwrap();
    for number in 0..256 {
        e.set_u32(block + 4 * number, pointer);
    }
    e.set_u32(at + SINGLE, 0)
        .set_u32(at + TRIPLE, top.try_into().unwrap());
    e.set_u32(at + 4, !0).set_u32(at + 0x6C, 3)
}

fn ext2() -> Edit {
    Edit::new(&sample::image(4, sample::EXT2))
}

#[test]
fn places() {
    let lies: &[Lie] = &[
        ("behind the volume", |e| {
            e.set_u32(e.inode("pieces", DIRECT), 4096)
        }),
        ("in front", |e| e.set_u32(e.inode("pieces", DIRECT), 1)),
        ("a block of pointers", |e| {
            e.set_u32(e.inode("pieces", SINGLE), !0)
        }),
    ];
    assert_all(&ext2(), Structure::IndirectBlock, Fault::OutOfVolume, lies);
}

#[test]
fn pointers_to_themselves() {
    let lies: &[Lie] = &[("itself", |e| {
        through_one_block(e, |e| e.u32(e.inode("pieces", SINGLE)))
    })];
    assert_all(&ext2(), Structure::Inode, Fault::TooManyBlocks, lies);
}

/// Only reads count here: no block is mapped, and 65536 blocks would be read.
#[test]
fn an_empty_block_of_pointers_met_over_and_over() {
    let mut sound = ext2();
    let (middle, empty) = (
        sound.inode("file", DIRECT),
        sound.inode("attributes", DIRECT),
    );
    let target = sound.u32(empty).try_into().unwrap();
    sound.set(sound.pointed(empty), [0; 1024]);
    for number in 0..256 {
        sound.set_u32(sound.pointed(middle) + 4 * number, target);
    }
    let lies: &[Lie] = &[("empty", |e| {
        through_one_block(e, |e| e.u32(e.inode("file", DIRECT)))
    })];
    assert_all(&sound, Structure::IndirectBlock, Fault::TooManyBlocks, lies);
}
