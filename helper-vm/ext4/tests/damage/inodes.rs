//! Inodes that lie.

use qib_ext4::{Fault, Structure};

use crate::{Lie, assert_all, plain};

#[test]
fn values() {
    let lies: &[Lie] = &[
        ("type 3", |e| e.set_u16(e.inode("file", 0), 0x3000)),
        ("encrypted", |e| e.set_u32(e.inode("file", 0x20), 0x8_0800)),
        ("inline data", |e| {
            e.set_u32(e.inode("file", 0x20), 0x1000_0000)
        }),
    ];
    assert_all(&plain(), Structure::Inode, Fault::Value, lies);
}

#[test]
fn sizes() {
    let lies: &[Lie] = &[
        ("size", |e| e.set_u32(e.inode("file", 0x6C), 0x10_0000)),
        ("extra size", |e| e.set_u16(e.inode("file", 0x80), 0xFFFC)),
        ("odd extra size", |e| e.set_u16(e.inode("file", 0x80), 31)),
    ];
    assert_all(&plain(), Structure::Inode, Fault::Size, lies);
}

#[test]
fn attributes_elsewhere() {
    let lies: &[Lie] = &[
        ("behind the volume", |e| {
            e.set_u32(e.inode("file", 0x68), 4096)
        }),
        ("in front", |e| e.set_u32(e.inode("file", 0x68), 1)),
    ];
    assert_all(&plain(), Structure::Inode, Fault::OutOfVolume, lies);
}

#[test]
fn not_in_use() {
    let lies: &[Lie] = &[
        ("no links", |e| e.set_u16(e.inode("file", 0x1A), 0)),
        ("no root", |e| e.set_u16(e.inode("", 0x1A), 0)),
        ("a name for the journal", |e| {
            e.set_u32(e.entry("folder", "inside"), 8)
        }),
        ("a name for a free inode", |e| {
            e.set_u32(e.entry("folder", "inside"), 128)
        }),
    ];
    assert_all(&plain(), Structure::Inode, Fault::NotInUse, lies);
}

#[test]
fn the_root_is_a_file() {
    let lies: &[Lie] = &[("type", |e| e.set_u16(e.inode("", 0), 0x81A4))];
    assert_all(&plain(), Structure::Inode, Fault::WrongType, lies);
}

/// Nothing but the bad inode is lost to a caller that goes on.
#[test]
fn the_others_are_still_listed() {
    let mut edit = plain();
    let all = edit.open().unwrap().inodes().count();
    edit.set_u16(edit.inode("file", 0), 0x3000);
    let fs = edit.open().unwrap();
    let (good, bad): (Vec<_>, Vec<_>) = fs.inodes().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (all - 1, 1));
}

/// Inodes that wait to be deleted are still allocated and may have any content.
#[test]
fn a_deleted_inode_is_no_error_in_the_list() {
    let mut edit = plain();
    let all = edit.open().unwrap().inodes().count();
    edit.set_u16(edit.inode("file", 0x1A), 0);
    assert_eq!(
        edit.open().unwrap().inodes().map(Result::unwrap).count(),
        all - 1
    );
}
