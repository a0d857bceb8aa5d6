//! Extent trees that lie.

use qib_ext4::{Fault, Structure};

use crate::common::edit::Edit;
use crate::{Lie, assert_all, plain};

/// Offset in an inode of the header of its tree, and of the first entry.
const HEADER: usize = 0x28;
const FIRST: usize = HEADER + 12;

fn node(e: &Edit) -> usize {
    e.pointed(e.inode("pieces", FIRST + 4))
}

/// Doubles the first entry of the root and gives the copy another logical block.
fn double<'a>(e: &'a mut Edit, path: &str, logical: u32) -> &'a mut Edit {
    let at = e.inode(path, FIRST);
    e.copy::<12>(at, at + 12)
        .set_u32(at + 12, logical)
        .set_u16(at - 10, 2)
}

#[test]
fn headers() {
    let lies: &[Lie] = &[
        ("depth 9", |e| e.set_u16(e.inode("file", HEADER + 6), 9)),
        ("depth 65535", |e| {
            e.set_u16(e.inode("file", HEADER + 6), !0)
        }),
        ("depth without entries", |e| {
            e.set(e.inode("file", HEADER + 2), [0, 0, 4, 0, 1])
        }),
        ("a node that leads to itself", |e| {
            let (at, node) = (e.inode("pieces", FIRST), node(e));
            e.set_u16(at - 6, 5)
                .set_u16(node + 6, 4)
                .copy::<12>(at, node + 12)
        }),
    ];
    assert_all(&plain(), Structure::ExtentNode, Fault::Depth, lies);
    let lies: &[Lie] = &[
        ("no header", |e| e.set_u16(e.inode("file", HEADER), 0)),
        ("not a node", |e| {
            e.set_u32(e.inode("pieces", FIRST + 4), 900)
        }),
    ];
    assert_all(&plain(), Structure::ExtentNode, Fault::Magic, lies);
}

#[test]
fn sizes() {
    let lies: &[Lie] = &[
        ("entries", |e| e.set_u16(e.inode("file", HEADER + 2), 5)),
        ("room", |e| e.set_u16(e.inode("file", HEADER + 4), !0)),
        ("no length", |e| e.set_u16(e.inode("file", FIRST + 4), 0)),
        ("an empty leaf", |e| e.set_u16(node(e) + 2, 0)),
        ("room behind the block", |e| e.set_u16(node(e) + 4, 85)),
    ];
    assert_all(&plain(), Structure::ExtentNode, Fault::Size, lies);
}

#[test]
fn places() {
    let lies: &[Lie] = &[
        ("behind the volume", |e| {
            e.set_u32(e.inode("file", FIRST + 8), 4095)
        }),
        ("far", |e| e.set_u16(e.inode("file", FIRST + 6), !0)),
        ("the superblock", |e| {
            e.set_u32(e.inode("file", FIRST + 8), 1)
        }),
        ("zero", |e| e.set_u32(e.inode("file", FIRST + 8), 0)),
        ("a node behind the volume", |e| {
            e.set_u32(e.inode("pieces", FIRST + 4), 4096)
        }),
        ("a node far away", |e| {
            e.set_u16(e.inode("pieces", FIRST + 8), !0)
        }),
    ];
    assert_all(&plain(), Structure::ExtentNode, Fault::OutOfVolume, lies);
}

#[test]
fn order() {
    let lies: &[Lie] = &[
        ("twice", |e| double(e, "file", 0)),
        ("overlapping", |e| double(e, "file", 4)),
        ("the same node twice", |e| double(e, "pieces", 1000)),
        ("a leaf out of order", |e| e.set_u32(node(e) + 24, 0)),
    ];
    assert_all(&plain(), Structure::ExtentNode, Fault::Order, lies);
}

#[test]
fn more_blocks_than_the_volume_has() {
    let lies: &[Lie] = &[("3000 blocks twice", |e| {
        let at = e.inode("file", FIRST);
        e.set_u32(e.inode("file", 4), 1 << 30).set_u16(at - 10, 2);
        e.set(at, [0, 0, 0, 0, 0xB8, 0x0B, 0, 0, 100, 0, 0, 0]);
        e.set(at + 12, [0xB8, 0x0B, 0, 0, 0xB8, 0x0B, 0, 0, 100, 0, 0, 0])
    })];
    assert_all(&plain(), Structure::Inode, Fault::TooManyBlocks, lies);
}
