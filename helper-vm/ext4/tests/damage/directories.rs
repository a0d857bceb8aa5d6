//! Directories that lie.

use qib_ext4::{Fault, InodeNumber, Structure};

use crate::common::edit::Edit;
use crate::common::ours;
use crate::{Lie, assert_all, plain};

/// Offset in an inode of its first extent.
const EXTENT: usize = 0x34;

fn inside(e: &Edit) -> usize {
    e.entry("folder", "inside")
}

#[test]
fn record_lengths() {
    let lies: &[Lie] = &[
        ("0", |e| e.set_u16(inside(e) + 4, 0)),
        ("8", |e| e.set_u16(inside(e) + 4, 8)),
        ("17", |e| e.set_u16(inside(e) + 4, 17)),
        ("across the block", |e| e.set_u16(inside(e) + 4, 1024)),
        ("65535", |e| e.set_u16(inside(e) + 4, !0)),
        ("shorter than the name", |e| e.set_u8(inside(e) + 6, 255)),
    ];
    assert_all(&plain(), Structure::DirBlock, Fault::RecordLength, lies);
}

#[test]
fn names() {
    let lies: &[Lie] = &[
        ("no name", |e| e.set_u8(inside(e) + 6, 0)),
        ("slash", |e| e.set_u8(inside(e) + 9, b'/')),
        ("NUL", |e| e.set_u8(inside(e) + 9, 0)),
        ("a second ..", |e| e.set(inside(e) + 6, [2, 2, b'.', b'.'])),
        ("a second .", |e| e.set(inside(e) + 6, [1, 2, b'.'])),
    ];
    assert_all(&plain(), Structure::DirBlock, Fault::Name, lies);
}

#[test]
fn dot_entries() {
    let lies: &[Lie] = &[
        ("no .", |e| e.set_u8(e.entry("folder", ".") + 8, b'x')),
        (". leads elsewhere", |e| {
            e.set_u32(e.entry("folder", "."), 2)
        }),
        ("no ..", |e| e.set_u32(e.entry("folder", ".."), 0)),
        (".. leads outside", |e| {
            e.set_u32(e.entry("folder", ".."), !0)
        }),
    ];
    assert_all(&plain(), Structure::DirBlock, Fault::DotEntries, lies);
}

#[test]
fn inodes() {
    let lies: &[Lie] = &[("outside", |e| e.set_u32(inside(e), 5000))];
    assert_all(&plain(), Structure::DirBlock, Fault::OutOfVolume, lies);
    let lies: &[Lie] = &[("itself", |e| {
        let number = e.number("folder").try_into().unwrap();
        e.set_u32(inside(e), number)
    })];
    assert_all(&plain(), Structure::DirBlock, Fault::SelfReference, lies);
}

#[test]
fn sizes() {
    let lies: &[Lie] = &[
        ("none", |e| e.set_u32(e.inode("folder", 4), 0)),
        ("half a block", |e| e.set_u32(e.inode("folder", 4), 1536)),
    ];
    assert_all(&plain(), Structure::DirBlock, Fault::Size, lies);
    let lies: &[Lie] = &[
        ("a hole at the end", |e| {
            e.set_u32(e.inode("folder", 4), 1 << 30)
        }),
        ("a hole at the start", |e| {
            let extent = e.inode("folder", EXTENT);
            e.set_u32(e.inode("folder", 4), 2048).set_u32(extent, 1)
        }),
        ("unwritten", |e| {
            e.set_u16(e.inode("folder", EXTENT + 4), 0x8001)
        }),
    ];
    assert_all(&plain(), Structure::DirBlock, Fault::Hole, lies);
}

/// That the tree has an end is the caller's part; each directory by itself is sound.
#[test]
fn a_circle_of_directories() {
    let mut edit = plain();
    edit.set_u32(inside(&edit), 2);
    let tree = ours::tree(&edit.open().unwrap()).unwrap();
    assert_eq!(tree[&b"folder/inside"[..]].inode, 2);
}

#[test]
fn a_damaged_block_does_not_hide_the_others() {
    let mut edit = plain();
    let number = edit.number("lost+found").try_into().unwrap();
    let place = edit.data("lost+found");
    edit.set_u16(place + 1024 + 4, 3);
    let behind = [12, 0, 0, 0, 0, 4, 6, 1, b'b', b'e', b'h', b'i', b'n', b'd'];
    edit.set(place + 2048, behind);
    let fs = edit.open().unwrap();
    let directory = fs.inode(InodeNumber::new(number).unwrap()).unwrap();
    let mut names = Vec::new();
    assert!(
        fs.read_dir(&directory, |entry| names.push(entry.name.to_vec()))
            .is_err()
    );
    assert_eq!(names, [b"behind"]);
}
