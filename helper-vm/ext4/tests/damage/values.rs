//! Values of attributes in inodes of their own that lie.

use std::ops::Range;

use qib_ext4::{Fault, Structure};

use crate::common::edit::Edit;
use crate::common::image::debugfs;
use crate::common::sample;
use crate::{Lie, assert_all};

fn sound() -> Edit {
    Edit::new(&sample::with_value(4, sample::INLINE))
}

/// Offset of the entry of `user.big`, the only attribute of its file.
fn entry(e: &Edit) -> usize {
    let extra = e.inode("file", 0x80);
    let at = extra + e.u16(extra) + 4;
    assert_eq!(
        (&e.bytes[at + 16..at + 19], e.u32(at + 8)),
        (&b"big"[..], 1000)
    );
    at
}

/// Offset of a field of the inode of the value.
fn value(e: &Edit, field: usize) -> usize {
    let table = e.pointed(e.descriptor(0x8));
    table + (e.u32(entry(e) + 4) - 1) * 256 + field
}

#[test]
fn the_inode() {
    let lies: &[Lie] = &[
        ("a file", |e| {
            let number = e.number("pieces").try_into().unwrap();
            e.set_u32(entry(e) + 4, number)
        }),
        ("the root", |e| e.set_u32(entry(e) + 4, 2)),
        ("the journal", |e| e.set_u32(entry(e) + 4, 8)),
        ("no such flag", |e| e.set_u32(value(e, 0x20), 0x8_0000)),
        ("a directory", |e| e.set_u16(value(e, 0), 0x41ED)),
    ];
    assert_all(&sound(), Structure::Xattr, Fault::Value, lies);
    let lies: &[Lie] = &[("outside", |e| e.set_u32(entry(e) + 4, 129))];
    assert_all(&sound(), Structure::Inode, Fault::OutOfVolume, lies);
    let lies: &[Lie] = &[
        ("free", |e| e.set_u32(entry(e) + 4, 120)),
        ("no links", |e| e.set_u16(value(e, 0x1A), 0)),
        ("a name for it", |e| {
            let number = e.u32(entry(e) + 4).try_into().unwrap();
            e.set_u32(e.inode("folder", 0x28 + 4), number)
        }),
    ];
    assert_all(&sound(), Structure::Inode, Fault::NotInUse, lies);
}

#[test]
fn sizes() {
    let lies: &[Lie] = &[
        ("shorter", |e| e.set_u32(entry(e) + 8, 999)),
        ("longer", |e| e.set_u32(entry(e) + 8, 1001)),
        ("far longer", |e| e.set_u32(entry(e) + 8, !0)),
        ("a long inode", |e| e.set_u32(value(e, 0x6C), 1)),
        ("both over the limit", |e| {
            let (entry, value) = (entry(e), value(e, 4));
            e.set_u32(entry + 8, 65_537).set_u32(value, 65_537)
        }),
    ];
    assert_all(&sound(), Structure::Xattr, Fault::Size, lies);
}

#[test]
fn hashes() {
    let lies: &[Lie] = &[
        ("in the entry", |e| e.flip(entry(e) + 12)),
        ("name", |e| e.flip(entry(e) + 16)),
        ("in the inode", |e| e.flip(value(e, 8))),
        ("the value", |e| e.flip(e.pointed(value(e, 0x3C)) + 999)),
    ];
    assert_all(&sound(), Structure::Xattr, Fault::Checksum, lies);
}

/// Kernels did not agree on the sign of a byte.
#[test]
fn both_hashes_of_a_name_beyond_ascii() {
    let mut edit = sound();
    let at = entry(&edit);
    let stored: u32 = edit.u32(at + 12).try_into().unwrap();
    let hash = |bytes: [u32; 3]| {
        let step = |hash: u32, byte: u32| hash.rotate_left(5) ^ byte;
        bytes.into_iter().fold(0, step).rotate_left(16)
    };
    let value_hash = stored ^ hash(b"big".map(u32::from));
    edit.set(at + 16, [0xC3, 0xA4, 0x7A]);
    for bytes in [[0xC3, 0xA4, 0x7A], [0xFFFF_FFC3, 0xFFFF_FFA4, 0x7A]] {
        edit.set_u32(at + 12, value_hash ^ hash(bytes));
        edit.first_error().unwrap();
    }
    edit.set_u32(at + 12, stored);
    edit.assert_corrupt(Structure::Xattr, Fault::Checksum);
}

/// Entries of 20 bytes with names of two bytes that all lead to one value of 64 KiB.
fn shared(names: Range<u16>) -> Edit {
    let options: Vec<&str> = sample::INLINE
        .iter()
        .map(|option| if *option == "1024" { "65536" } else { *option })
        .collect();
    let image = sample::image(16, &options);
    let file = image.folder.path().join("value");
    std::fs::write(&file, [b'v'; 65_536]).unwrap();
    let file = file.to_str().unwrap();
    debugfs(&image, &format!("ea_set -f {file} /file user.ab\n"));
    let mut edit = Edit::new(&image);
    let extra = edit.inode("file", 0x80);
    let first = extra + edit.u16(extra) + 4;
    let number: u32 = edit.u32(first + 4).try_into().unwrap();
    let stored: u32 = edit.u32(first + 12).try_into().unwrap();
    let name_hash = |[a, b]: [u8; 2]| (u32::from(a) << 5 ^ u32::from(b)).rotate_left(16);
    let value_hash = stored ^ name_hash(*b"ab");
    let block = edit.pointed(edit.inode("attributes", 0x68));
    edit.bytes[block + 32..block + 65_536].fill(0);
    for (place, name) in names.enumerate() {
        let name = [
            b'a' + u8::try_from(name / 64).unwrap(),
            0x40 + u8::try_from(name % 64).unwrap(),
        ];
        let at = block + 32 + place * 20;
        edit.set(at, [2, 1, 0, 0]).set_u32(at + 4, number);
        edit.set_u32(at + 8, 65_536)
            .set_u32(at + 12, value_hash ^ name_hash(name));
        edit.set(at + 16, name);
    }
    edit
}

#[test]
fn what_is_shared_is_not_multiplied_without_end() {
    shared(0..200).first_error().unwrap();
    shared(0..257).assert_corrupt(Structure::Xattr, Fault::Size);
    shared(0..800).assert_corrupt(Structure::Xattr, Fault::Size);
}
