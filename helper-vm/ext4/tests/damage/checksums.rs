//! One changed bit in each kind of structure that has a checksum.

use qib_ext4::{Fault, Structure};

use crate::common::edit::Edit;
use crate::common::sample;
use crate::{Lie, assert_all};

fn assert_noticed(structure: Structure, lies: &[Lie]) {
    let sound = Edit::new(&sample::image(4, sample::CHECKED));
    assert_all(&sound, structure, Fault::Checksum, lies);
}

#[test]
fn of_the_volume() {
    assert_noticed(
        Structure::SuperBlock,
        &[("a name", |e| e.flip(1024 + 0x78))],
    );
    let lies: &[Lie] = &[
        ("free blocks", |e| e.flip(e.descriptor(0xC))),
        ("the checksum", |e| e.flip(e.descriptor(0x1E))),
    ];
    assert_noticed(Structure::GroupDescriptor, lies);
    let lies: &[Lie] = &[("a bit", |e| e.flip(e.pointed(e.descriptor(4))))];
    assert_noticed(Structure::InodeBitmap, lies);
}

#[test]
fn of_an_inode() {
    let lies: &[Lie] = &[
        ("mode", |e| e.flip(e.inode("file", 0))),
        ("lower half", |e| e.flip(e.inode("file", 0x7C))),
        ("upper half", |e| e.flip(e.inode("file", 0x82))),
        ("generation", |e| e.flip(e.inode("file", 0x64))),
        ("the last byte", |e| e.flip(e.inode("file", 0xFF))),
    ];
    assert_noticed(Structure::Inode, lies);
}

#[test]
fn of_the_blocks_of_an_inode() {
    let lies: &[Lie] = &[("an extent", |e| {
        e.flip(e.pointed(e.inode("pieces", 0x38)) + 12)
    })];
    assert_noticed(Structure::ExtentNode, lies);
    let lies: &[Lie] = &[
        ("a name", |e| e.flip(e.entry("folder", "inside") + 8)),
        ("the tail", |e| e.flip(e.data("folder") + 1020)),
        ("the shape of the tail", |e| e.flip(e.data("folder") + 1019)),
    ];
    assert_noticed(Structure::DirBlock, lies);
    let lies: &[Lie] = &[("a value", |e| {
        e.flip(e.pointed(e.inode("attributes", 0x68)) + 1000)
    })];
    assert_noticed(Structure::Xattr, lies);
}
