//! Symbolic links that lie.

use qib_ext4::{Fault, Structure};

use crate::{Lie, assert_all, plain};

#[test]
fn sizes() {
    let lies: &[Lie] = &[
        ("no target", |e| e.set_u32(e.inode("fast", 4), 0)),
        ("4096 bytes", |e| e.set_u32(e.inode("slow", 4), 4096)),
        ("4 GiB", |e| e.set_u32(e.inode("slow", 4), !0)),
    ];
    assert_all(&plain(), Structure::Symlink, Fault::Size, lies);
}

#[test]
fn targets() {
    let lies: &[Lie] = &[
        ("NUL in the inode", |e| e.set_u32(e.inode("fast", 4), 50)),
        ("NUL in the block", |e| e.set_u32(e.inode("slow", 4), 300)),
        ("a hole", |e| e.set_u32(e.inode("slow", 0x34), 7)),
    ];
    assert_all(&plain(), Structure::Symlink, Fault::Name, lies);
}

#[test]
fn a_long_one_without_blocks() {
    let lies: &[Lie] = &[("100 bytes", |e| e.set_u32(e.inode("fast", 4), 100))];
    assert_all(&plain(), Structure::IndirectBlock, Fault::OutOfVolume, lies);
}
