//! Journals written by hand: what is replayed, where the log ends, and that the kernel agrees.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::edit::Edit;
use common::image::{Image, can_mount};
use common::log::{ASYNC_COMMIT, Checksums, Log, MAGIC, NOON};
use common::{kernel, ours, record, sample};
use qib_ext4::{Error, Fault, Place, Structure};

const ALL: [Checksums; 4] = [Checksums::None, Checksums::V1, Checksums::V2, Checksums::V3];

fn sound() -> Edit {
    Edit::new(&sample::image(8, sample::JOURNALED))
}

/// The first block of the file that the logs here change.
fn target(edit: &Edit) -> u64 {
    (edit.data("file") / edit.block_size()).try_into().unwrap()
}

fn full(byte: u8) -> Vec<u8> {
    vec![byte; 1024]
}

/// The first bytes of the file, and how many blocks came from the journal.
fn read(edit: &Edit) -> (Vec<u8>, Option<u64>) {
    let fs = edit.open().unwrap();
    let mut number = None;
    fs.read_dir(&fs.root().unwrap(), |entry| {
        if entry.name == b"file" {
            number = Some(entry.inode);
        }
    })
    .unwrap();
    let inode = fs.inode(number.unwrap()).unwrap();
    let mut buffer = vec![0; 4];
    fs.file(&inode, 0).unwrap().read(&mut buffer).unwrap();
    (buffer, fs.state().replayed_blocks)
}

/// The file must begin with four times a byte, for us and for the kernel.
fn assert_reads(edit: &Edit, byte: u8, blocks: u64) {
    assert_eq!(read(edit), (vec![byte; 4], Some(blocks)));
    assert_kernel_agrees(edit);
}

fn assert_kernel_agrees(edit: &Edit) {
    if can_mount("comparison of a journal with the kernel") {
        let image = Image::from_bytes(&edit.bytes);
        let expected = kernel::tree(image.mount("rw,noatime").path());
        let found = ours::tree(&edit.open().unwrap()).unwrap();
        record::assert_same(&found, &expected);
    }
}

/// The kernel must refuse as well.
fn assert_corrupt(edit: &Edit, wanted: (Structure, Fault), block: usize) {
    let place = Place::JournalBlock(block.try_into().unwrap());
    match edit.open().err() {
        Some(Error::Corrupt {
            structure,
            fault,
            place: found,
        }) if ((structure, fault), found) == (wanted, place) => {}
        other => panic!("{wanted:?} in {place:?} expected, found {other:?}"),
    }
    if can_mount("comparison of a refused journal with the kernel") {
        let image = Image::from_bytes(&edit.bytes);
        assert!(image.try_mount("rw").is_none(), "the kernel takes it");
    }
}

fn for_each_form(test: impl Fn(&Edit, Log)) {
    let sound = sound();
    for checksums in ALL {
        for bits_64 in [false, true] {
            println!("{checksums:?}, 64 bits: {bits_64}");
            test(&sound, Log::new(&sound, checksums, bits_64, 0));
        }
    }
}

#[test]
fn one_transaction_in_each_form() {
    for_each_form(|sound, mut log| {
        let block = target(sound);
        log.copies(&[(block, full(1)), (block + 1, full(2))]);
        log.commit(NOON);
        assert_reads(&log.edit, 1, 2);
    });
}

#[test]
fn the_newest_copy_counts_and_an_interrupted_one_does_not() {
    for_each_form(|sound, mut log| {
        let block = target(sound);
        for byte in [1, 2] {
            log.copies(&[(block, full(byte)), (block, full(byte + 10))]);
            log.copies(&[(block + 1, full(byte))]);
            log.commit(NOON + u64::from(byte));
        }
        log.copies(&[(block, full(3))]);
        assert_reads(&log.edit, 12, 2);
    });
}

#[test]
fn round_the_end_of_the_log_and_of_the_numbers() {
    for_each_form(|sound, mut log| {
        let block = target(sound);
        log.start(log.last() - 4, !0 - 1);
        for byte in 1..5 {
            log.copies(&[(block, full(byte)), (block + 1, full(byte))]);
            log.revoke(&[block + 2]);
            log.commit(NOON);
        }
        assert!(log.next < 20);
        assert_reads(&log.edit, 4, 2);
    });
}

#[test]
fn a_revoked_block_is_left_until_it_is_written_again() {
    for_each_form(|sound, mut log| {
        let (block, before) = (target(sound), log.edit.bytes[sound.data("file")]);
        log.copies(&[(block, full(1)), (block + 1, full(1))]);
        log.commit(NOON);
        log.revoke(&[7, block, u64::from(u32::MAX)]);
        log.commit(NOON);
        assert_reads(&log.edit, before, 1);
        let mut again = log.clone();
        again.copies(&[(block, full(2))]);
        again.commit(NOON);
        assert_reads(&again.edit, 2, 2);
        // In one transaction the copy is the older one, wherever the record stands.
        log.copies(&[(block, full(3))]);
        log.revoke(&[block]);
        log.commit(NOON);
        assert_reads(&log.edit, before, 1);
    });
}

#[test]
fn a_block_that_looks_like_one_of_the_journal() {
    for_each_form(|sound, mut log| {
        let block = target(sound);
        log.copies(&[(block, [MAGIC.to_vec(), full(9)].concat()[..1024].to_vec())]);
        log.commit(NOON);
        assert_eq!(read(&log.edit), (MAGIC.to_vec(), Some(1)));
        assert_kernel_agrees(&log.edit);
    });
}

#[test]
fn tags_with_a_uuid_each() {
    for_each_form(|sound, mut log| {
        let block = target(sound);
        log.long_tags = true;
        log.copies(&[(block + 1, full(1)), (block + 2, full(2)), (block, full(3))]);
        log.commit(NOON);
        assert_reads(&log.edit, 3, 3);
    });
}

#[test]
fn the_superblock_may_be_in_the_journal() {
    let sound = sound();
    let mut log = Log::new(&sound, Checksums::None, false, 0);
    let mut copy = log.edit.bytes[1024..2048].to_vec();
    copy[0x30..0x34].copy_from_slice(&77_u32.to_le_bytes());
    copy[0x3A] = 3;
    log.copies(&[(1, copy)]);
    log.commit(NOON);
    let fs = log.edit.open().unwrap();
    assert_eq!(fs.times().written, 77);
    assert!(fs.state().errors);
    assert_kernel_agrees(&log.edit);
}

#[test]
fn an_error_that_the_journal_remembers_is_told() {
    let mut log = Log::new(&sound(), Checksums::None, false, 0);
    assert!(!log.edit.open().unwrap().state().errors);
    log.set_field(0x20, 5);
    assert!(log.edit.open().unwrap().state().errors);
}

#[test]
fn what_is_clean_is_not_replayed() {
    let sound = sound();
    let mut log = Log::new(&sound, Checksums::None, false, 0);
    log.copies(&[(target(&sound), full(1))]);
    log.commit(NOON);
    let mut clean = log.clone();
    clean.set_field(0x1C, 0);
    assert_eq!(read(&clean.edit), (vec![7; 4], Some(0)));
    assert_kernel_agrees(&clean.edit);
    let mut unmounted = log.edit.clone();
    let features = unmounted.u32(1024 + 0x60) & !4;
    unmounted.set_u32(1024 + 0x60, features.try_into().unwrap());
    assert_eq!(read(&unmounted), (vec![7; 4], None));
    assert_kernel_agrees(&unmounted);
    let mut without = log.edit;
    let features = without.u32(1024 + 0x5C) & !4;
    without.set_u32(1024 + 0x5C, features.try_into().unwrap());
    assert_eq!(read(&without), (vec![7; 4], None));
    assert_kernel_agrees(&without);
}

/// Two transactions, of which the second has a wrong checksum where `spoil` says.
fn second_spoiled(log: &Log, time: u64, spoil: fn(&Log, usize, usize) -> usize) -> (Edit, usize) {
    let (mut log, block) = (log.clone(), target(&log.edit));
    log.copies(&[(block, full(1))]);
    log.commit(NOON);
    let descriptor = log.copies(&[(block, full(2))]);
    let commit = log.commit(time);
    let at = spoil(&log, descriptor, commit);
    log.edit.flip(at);
    (log.edit, commit)
}

fn in_commit(log: &Log, _: usize, commit: usize) -> usize {
    log.at(commit) + 16
}

fn in_descriptor(log: &Log, descriptor: usize, _: usize) -> usize {
    log.at(descriptor) + 500
}

fn in_copy(log: &Log, descriptor: usize, _: usize) -> usize {
    log.at(descriptor + 1) + 500
}

#[test]
fn a_wrong_checksum_is_damage() {
    let wrong = (Structure::JournalCommit, Fault::Checksum);
    let sound = sound();
    let log = |checksums| Log::new(&sound, checksums, true, 0);
    for spoil in [in_commit, in_descriptor, in_copy] {
        let (edit, commit) = second_spoiled(&log(Checksums::V1), NOON, spoil);
        assert_corrupt(&edit, wrong, commit);
    }
    for checksums in [Checksums::V2, Checksums::V3] {
        for spoil in [in_commit, in_descriptor] {
            let (edit, commit) = second_spoiled(&log(checksums), NOON, spoil);
            assert_corrupt(&edit, wrong, commit);
        }
        let (edit, commit) = second_spoiled(&log(checksums), NOON, in_copy);
        let wrong = (Structure::JournalBlock, Fault::Checksum);
        assert_corrupt(&edit, wrong, commit - 1);
    }
}

#[test]
fn a_wrong_checksum_of_an_earlier_time_is_the_end() {
    let sound = sound();
    for checksums in [Checksums::V1, Checksums::V2, Checksums::V3] {
        let log = Log::new(&sound, checksums, true, 0);
        for spoil in [in_commit, in_descriptor] {
            let (edit, _) = second_spoiled(&log, NOON - 1, spoil);
            assert_reads(&edit, 1, 1);
        }
    }
}

#[test]
fn a_wrong_checksum_is_the_end_where_commits_do_not_wait() {
    let sound = sound();
    for checksums in [Checksums::V1, Checksums::V2, Checksums::V3] {
        let log = Log::new(&sound, checksums, true, ASYNC_COMMIT);
        let (edit, _) = second_spoiled(&log, NOON, in_commit);
        assert_reads(&edit, 1, 1);
    }
    let mut log = Log::new(&sound, Checksums::V1, true, ASYNC_COMMIT);
    let (edit, _) = second_spoiled(&log, NOON, in_copy);
    assert_reads(&edit, 1, 1);
    // Unless a whole transaction follows.
    log.copies(&[(9, full(1))]);
    let spoiled = log.commit(NOON);
    log.copies(&[(9, full(1))]);
    let commit = log.commit(NOON);
    let at = log.at(spoiled) + 17;
    log.edit.flip(at);
    let wrong = (Structure::JournalCommit, Fault::Checksum);
    assert_corrupt(&log.edit, wrong, commit);
}

#[test]
fn a_commit_block_of_which_one_sector_was_written() {
    let sound = sound();
    for checksums in [Checksums::V2, Checksums::V3] {
        let log = Log::new(&sound, checksums, true, 0);
        let (edit, _) = second_spoiled(&log, NOON, |log, _, commit| log.at(commit) + 700);
        assert_reads(&edit, 2, 1);
    }
}

#[test]
fn an_orphan_that_is_to_be_shortened_is_read_to_its_size() {
    let mut edit = sound();
    let number = edit.number("file").try_into().unwrap();
    let size = edit.inode("file", 0x4);
    edit.set_u32(size, 2500).set_u32(1024 + 0xE8, number);
    let found = ours::tree(&edit.open().unwrap()).unwrap();
    let ours = found[b"file".as_slice()].clone();
    assert_eq!((ours.size, &ours.data[..]), (2500, &[(0, 2500)][..]));
    if can_mount("an_orphan_that_is_to_be_shortened_is_read_to_its_size") {
        let image = Image::from_bytes(&edit.bytes);
        let mount = image.mount("rw,noatime");
        let kernel = kernel::record(&mount.path().join("file"));
        assert_ne!(
            kernel.blocks, ours.blocks,
            "the kernel frees what is behind"
        );
        let content = |record: record::Record| (record.size, record.whole_hash);
        assert_eq!(content(ours), content(kernel));
    }
}
