//! Journals that lie.

use qib_ext4::{Fault, Structure};

use crate::common::edit::Edit;
use crate::common::log::{Checksums, Log, MAGIC, NOON, journal_block};
use crate::common::sample;
use crate::{Lie, assert_all};

/// Two transactions without checksums: a descriptor (1) with two copies and a commit (4), then a
/// revoke block (5), a descriptor (6) with a copy and a commit (8).
fn sound() -> Edit {
    let edit = Edit::new(&sample::image(8, sample::JOURNALED));
    let block = (edit.data("file") / 1024).try_into().unwrap();
    let mut log = Log::new(&edit, Checksums::None, false, 0);
    log.copies(&[(block, vec![1; 1024]), (block + 1, vec![1; 1024])]);
    log.commit(NOON);
    log.revoke(&[9]);
    log.copies(&[(block, vec![2; 1024])]);
    log.commit(NOON);
    log.edit
}

/// Changes a field of a block of the journal.
fn set(e: &mut Edit, block: usize, field: usize, value: u32) -> &mut Edit {
    let at = journal_block(e, block) + field;
    e.set(at, value.to_be_bytes())
}

/// Changes a field of the inode of the journal.
fn inode(e: &mut Edit, field: usize, value: u16) -> &mut Edit {
    let at = e.pointed(e.descriptor(0x8)) + 7 * e.u16(1024 + 0x58) + field;
    e.set_u16(at, value)
}

#[test]
fn superblocks() {
    let lies: &[Lie] = &[("magic", |e| set(e, 0, 0, 0))];
    assert_all(&sound(), Structure::JournalSuperBlock, Fault::Magic, lies);
    let lies: &[Lie] = &[
        ("a commit block", |e| set(e, 0, 4, 2)),
        ("version 3", |e| set(e, 0, 4, 5)),
        ("two kinds of checksum", |e| set(e, 0, 0x28, 0x18)),
        ("the old and the new checksums", |e| {
            set(set(e, 0, 0x24, 1), 0, 0x28, 0x10)
        }),
    ];
    let (superblock, value) = (Structure::JournalSuperBlock, Fault::Value);
    // Checksums of a type are asked for first, so the type must be there.
    let mut typed = sound();
    let at = journal_block(&typed, 0) + 0x50;
    assert_all(typed.set_u8(at, 4), superblock, value, lies);
    let lies: &[Lie] = &[("checksum", |e| set(e, 0, 0x28, 0x10))];
    assert_all(&typed, superblock, Fault::Checksum, lies);
}

#[test]
fn sizes() {
    let lies: &[Lie] = &[
        ("blocks of another size", |e| set(e, 0, 0xC, 4096)),
        ("blocks of no size", |e| set(e, 0, 0xC, 0)),
        ("longer than its file", |e| set(e, 0, 0x10, 1025)),
        ("endless", |e| set(e, 0, 0x10, !0)),
        ("no length", |e| set(e, 0, 0x10, 0)),
        ("the log is the superblock", |e| set(e, 0, 0x14, 0)),
        ("the log begins at its end", |e| set(e, 0, 0x14, 1024)),
        ("the log begins behind it", |e| set(e, 0, 0x14, !0)),
        ("starts at the end", |e| set(e, 0, 0x1C, 1024)),
        ("starts far behind", |e| set(e, 0, 0x1C, !0)),
        ("a short file", |e| inode(inode(e, 4, 0), 6, 8)),
    ];
    assert_all(&sound(), Structure::JournalSuperBlock, Fault::Size, lies);
}

#[test]
fn inodes() {
    let lies: &[Lie] = &[("a folder", |e| inode(e, 0, 0o040_755))];
    assert_all(&sound(), Structure::Inode, Fault::WrongType, lies);
    let lies: &[Lie] = &[("no links", |e| inode(e, 0x1A, 0))];
    assert_all(&sound(), Structure::Inode, Fault::NotInUse, lies);
    let lies: &[Lie] = &[("no such inode", |e| e.set_u32(1024 + 0xE0, !0))];
    assert_all(&sound(), Structure::Inode, Fault::OutOfVolume, lies);
    let lies: &[Lie] = &[("blocks far away", |e| inode(e, 0x28 + 12 + 6, !0))];
    assert_all(&sound(), Structure::ExtentNode, Fault::OutOfVolume, lies);
}

#[test]
fn holes() {
    let lies: &[Lie] = &[
        ("no superblock", |e| inode(e, 0x28 + 2, 0)),
        ("only a superblock", |e| inode(e, 0x28 + 12 + 4, 1)),
        // The second extent begins with block 2.
        ("a hole in the log", |e| inode(e, 0x28 + 24 + 4, 3)),
        ("never written", |e| inode(e, 0x28 + 24 + 4, 0x8003)),
        ("starts in a hole", |e| {
            set(inode(e, 0x28 + 24 + 4, 3), 0, 0x1C, 7)
        }),
    ];
    assert_all(&sound(), Structure::JournalBlock, Fault::Hole, lies);
}

#[test]
fn copies_of_blocks_that_are_not_there() {
    let lies: &[Lie] = &[
        ("behind the volume", |e| set(e, 1, 12, 8192)),
        ("far behind", |e| set(e, 6, 12, !0)),
    ];
    let descriptor = Structure::JournalDescriptor;
    assert_all(&sound(), descriptor, Fault::OutOfVolume, lies);
    let lies: &[Lie] = &[
        ("the log itself", |e| {
            let block = journal_block(e, 8) / 1024;
            set(e, 1, 12, block.try_into().unwrap())
        }),
        ("the superblock of the log", |e| {
            let block = journal_block(e, 0) / 1024;
            set(e, 6, 12, block.try_into().unwrap())
        }),
    ];
    assert_all(&sound(), descriptor, Fault::SelfReference, lies);
}

#[test]
fn logs_that_bite_their_tail() {
    let lies: &[Lie] = &[
        ("copies up to their own descriptor", |e| set(e, 0, 0x10, 4)),
        ("a descriptor without copies between", |e| {
            set(set(e, 0, 0x10, 2), 1, 12 + 4, 8)
        }),
        ("one revoke block", |e| {
            set(set(set(e, 0, 0x10, 2), 1, 4, 5), 1, 12, 16)
        }),
    ];
    assert_all(&sound(), Structure::JournalSuperBlock, Fault::Order, lies);
}

#[test]
fn revoke_blocks() {
    let lies: &[Lie] = &[
        ("one byte too long", |e| set(e, 5, 12, 1025)),
        ("far too long", |e| set(e, 5, 12, !0)),
    ];
    assert_all(&sound(), Structure::JournalRevoke, Fault::Size, lies);
}

#[test]
fn what_only_ends_the_log_is_no_damage() {
    let lies: &[(u64, Lie)] = &[
        (2, ("nothing", |e| e)),
        (0, ("no first block", |e| set(e, 1, 0, 0))),
        (0, ("a kind that is none", |e| set(e, 1, 4, 9))),
        (0, ("a superblock in the log", |e| set(e, 1, 4, 4))),
        (0, ("an earlier number", |e| set(e, 1, 8, 0))),
        (2, ("a later number", |e| set(e, 6, 8, 3))),
        (2, ("the first again", |e| set(e, 5, 8, 1))),
        (0, ("no last tag", |e| set(e, 1, 12 + 8 + 16 + 4, 0))),
        (0, ("no commit", |e| set(e, 4, 0, 0))),
        (
            2,
            ("a revoke block shorter than its header", |e| {
                set(e, 5, 12, 3)
            }),
        ),
        (1, ("starts late", |e| set(set(e, 0, 0x1C, 6), 0, 0x18, 2))),
    ];
    let sound = sound();
    for (blocks, (name, lie)) in lies {
        println!("{name}");
        let mut edit = sound.clone();
        lie(&mut edit).first_error().unwrap();
        let state = edit.open().unwrap().state();
        assert_eq!(state.replayed_blocks, Some(*blocks));
    }
}

#[test]
fn a_superblock_in_the_journal_is_not_believed() {
    let edit = Edit::new(&sample::image(8, sample::JOURNALED));
    let mut log = Log::new(&edit, Checksums::None, false, 0);
    log.copies(&[(1, MAGIC.to_vec())]);
    log.commit(NOON);
    log.edit.assert_corrupt(Structure::SuperBlock, Fault::Magic);
}
