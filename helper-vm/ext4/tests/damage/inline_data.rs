//! Data in inodes that lies.

use qib_ext4::{Error, Fault, Feature, InodeNumber, Structure};

use crate::common::edit::Edit;
use crate::common::sample;
use crate::{Lie, assert_all};

const INLINE_AND_EXTENTS: u32 = 0x1008_0000;
/// Offset in an inode of its content; in a directory the parent comes first, then entries.
const CONTENT: usize = 0x28;
const ENTRY: usize = CONTENT + 4;

fn sound() -> Edit {
    Edit::new(&sample::image(4, sample::INLINE))
}

/// Offset of the entry of `system.data`, which comes first.
fn attribute(e: &Edit, path: &str) -> usize {
    let extra = e.inode(path, 0x80);
    let at = extra + e.u16(extra) + 4;
    assert_eq!(e.bytes[at..at + 2], [4, 7]);
    at
}

#[test]
fn flags() {
    let lies: &[Lie] = &[("extents too", |e| {
        e.set_u32(e.inode("folder/inside", 0x20), INLINE_AND_EXTENTS)
    })];
    assert_all(&sound(), Structure::Inode, Fault::Value, lies);
}

#[test]
fn the_attribute() {
    let lies: &[Lie] = &[
        ("another name", |e| {
            e.set_u8(attribute(e, "folder/inside") + 16, b'x')
        }),
        ("another prefix", |e| {
            e.set_u8(attribute(e, "folder") + 1, 1)
        }),
        ("no attributes", |e| {
            e.set_u32(attribute(e, "folder/inside") - 4, 0)
        }),
        ("no room for attributes", |e| {
            e.set_u16(e.inode("folder", 0x80), 128)
        }),
        ("longer than the inode", |e| {
            e.set_u32(attribute(e, "folder/inside") + 8, 97)
        }),
    ];
    assert_all(&sound(), Structure::InlineData, Fault::Short, lies);
    let lies: &[Lie] = &[("in an inode of its own", |e| {
        e.set_u32(attribute(e, "folder/inside") + 4, 12)
    })];
    assert_all(&sound(), Structure::InlineData, Fault::Value, lies);
}

#[test]
fn directories() {
    let lies: &[Lie] = &[
        ("length 0", |e| e.set_u16(e.inode("folder", ENTRY + 4), 0)),
        ("length 8", |e| e.set_u16(e.inode("folder", ENTRY + 4), 8)),
        ("length 60", |e| e.set_u16(e.inode("folder", ENTRY + 4), 60)),
        ("length 65535", |e| {
            e.set_u16(e.inode("folder", ENTRY + 4), !0)
        }),
        ("long name", |e| e.set_u8(e.inode("folder", ENTRY + 6), 255)),
    ];
    assert_all(&sound(), Structure::DirBlock, Fault::RecordLength, lies);
    let lies: &[Lie] = &[
        ("no parent", |e| e.set_u32(e.inode("folder", CONTENT), 0)),
        ("parent outside", |e| {
            e.set_u32(e.inode("folder", CONTENT), !0)
        }),
    ];
    assert_all(&sound(), Structure::DirBlock, Fault::DotEntries, lies);
    let lies: &[Lie] = &[
        ("slash", |e| e.set_u8(e.inode("folder", ENTRY + 9), b'/')),
        ("no name", |e| e.set_u8(e.inode("folder", ENTRY + 6), 0)),
    ];
    assert_all(&sound(), Structure::DirBlock, Fault::Name, lies);
    let lies: &[Lie] = &[("outside", |e| e.set_u32(e.inode("folder", ENTRY), 5000))];
    assert_all(&sound(), Structure::DirBlock, Fault::OutOfVolume, lies);
    let lies: &[Lie] = &[("itself", |e| {
        let number = e.number("folder").try_into().unwrap();
        e.set_u32(e.inode("folder", ENTRY), number)
    })];
    assert_all(&sound(), Structure::DirBlock, Fault::SelfReference, lies);
}

/// The kernel makes none, but a directory with both flags gives no name away.
#[test]
fn an_encrypted_directory() {
    let mut edit = sound();
    edit.set_u8(1024 + 0x62, 1);
    edit.set_u32(edit.inode("folder", 0x20), 0x1000_0800);
    let found = edit.first_error();
    assert!(matches!(found, Err(Error::Incompatible(Feature::Encrypt))));
}

/// As the kernel reads it; and it costs no memory.
#[test]
fn a_size_beyond_what_is_stored_is_zeros() {
    let mut edit = sound();
    edit.set_u32(edit.inode("folder/inside", 0x6C), 0xFF);
    let fs = edit.open().unwrap();
    let number = edit.number("folder/inside").try_into().unwrap();
    let inode = fs.inode(InodeNumber::new(number).unwrap()).unwrap();
    assert!(inode.inline_data().unwrap().unwrap().len() < 256);
    let mut content = [1; 2000];
    assert_eq!(
        fs.file(&inode, 0).unwrap().read(&mut content).unwrap(),
        2000
    );
    assert_eq!(content[..7], *b"inside\0");
    assert!(content[7..].iter().all(|byte| *byte == 0));
}
