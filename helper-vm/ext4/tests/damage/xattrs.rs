//! Extended attributes that lie.

use qib_ext4::{Fault, Structure};

use crate::common::edit::Edit;
use crate::{Lie, assert_all, plain};

/// Offset of the block of attributes, and of the first entry in it.
fn block(e: &Edit) -> usize {
    e.pointed(e.inode("attributes", 0x68))
}

fn entry(e: &Edit) -> usize {
    block(e) + 32
}

/// Offset of the first entry in an inode.
fn in_inode(e: &Edit, path: &str) -> usize {
    let extra = e.inode(path, 0x80);
    extra + e.u16(extra) + 4
}

#[test]
fn headers() {
    let lies: &[Lie] = &[("magic", |e| e.set_u32(block(e), 0))];
    assert_all(&plain(), Structure::Xattr, Fault::Magic, lies);
    let lies: &[Lie] = &[
        ("shared by none", |e| e.set_u32(block(e) + 4, 0)),
        ("shared by too many", |e| e.set_u32(block(e) + 4, 1025)),
        ("two blocks", |e| e.set_u32(block(e) + 8, 2)),
    ];
    assert_all(&plain(), Structure::Xattr, Fault::Size, lies);
}

#[test]
fn values() {
    let lies: &[Lie] = &[
        ("offset", |e| e.set_u16(entry(e) + 2, !0)),
        ("end behind the block", |e| e.set_u16(entry(e) + 2, 800)),
        ("size", |e| e.set_u32(entry(e) + 8, !0)),
        ("out of the inode", |e| {
            e.set_u16(in_inode(e, "attributes") + 2, 90)
        }),
    ];
    assert_all(&plain(), Structure::Xattr, Fault::Short, lies);
    let lies: &[Lie] = &[("over each other", |e| {
        let at = entry(e);
        (1..5).fold(e, |e, copy| e.copy::<24>(at, at + 24 * copy))
    })];
    assert_all(&plain(), Structure::Xattr, Fault::Size, lies);
    let lies: &[Lie] = &[
        ("in an inode of its own", |e| e.set_u32(entry(e) + 4, 12)),
        ("no end of the list", |e| e.set(entry(e), [1; 992])),
    ];
    assert_all(&plain(), Structure::Xattr, Fault::Value, lies);
}

#[test]
fn names() {
    let lies: &[Lie] = &[
        ("none", |e| e.set_u8(entry(e), 0)),
        ("NUL", |e| e.set_u8(entry(e) + 16, 0)),
        ("over 255 bytes", |e| e.set_u8(entry(e), 255)),
        ("one for a list of rights", |e| {
            e.set_u8(in_inode(e, "attributes") + 1, 2)
        }),
    ];
    assert_all(&plain(), Structure::Xattr, Fault::Name, lies);
}

#[test]
fn lists_of_rights() {
    let lies: &[Lie] = &[("version", |e| {
        let at = in_inode(e, "acl");
        e.set_u32(at + e.u16(at + 2), 7)
    })];
    assert_all(&plain(), Structure::PosixAcl, Fault::Value, lies);
    let lies: &[Lie] = &[("cut", |e| e.set_u32(in_inode(e, "acl") + 8, 3))];
    assert_all(&plain(), Structure::PosixAcl, Fault::Short, lies);
}
