//! Thousands of images with changed bits, read in full: no panic, no endless loop, little memory.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::time::{Duration, Instant};

use common::device::MemoryDevice;
use common::dice::Dice;
use common::edit::Edit;
use common::image::Image;
use common::{ours, sample};
use qib_ext4::{BlockReader, Ext4, FileType, Inode};

/// Of each kind of image.
const ROUNDS: u32 = 3000;

/// Reads whatever can be read and cares for no error.
fn read_all<R: BlockReader>(fs: &Ext4<R>) {
    _ = ours::tree(fs);
    for inode in fs.inodes().filter_map(Result::ok) {
        read_one(fs, &inode);
    }
}

fn read_one<R: BlockReader>(fs: &Ext4<R>, inode: &Inode) {
    _ = fs.xattrs(inode);
    _ = fs.symlink_target(inode);
    let mut names = 0;
    _ = fs.read_dir(inode, |_| names += 1);
    if let Ok(extents) = fs.extents(inode) {
        let mut buffer = [0; 4096];
        for extent in extents.filter_map(Result::ok) {
            assert!(extent.place + extent.length <= fs.volume_bytes());
            assert!(extent.length > 0 && extent.offset + extent.length <= inode.size);
            fs.read_extent(&extent, 0, &mut buffer).unwrap();
        }
    }
    if inode.file_type == FileType::Regular && inode.size < 1 << 20 {
        let mut buffer = [0; 5000];
        if let Ok(mut reader) = fs.file(inode, 3) {
            while reader.read(&mut buffer).is_ok_and(|count| count > 0) {}
        }
    }
}

/// The places where structures are, so that most changes hit one.
fn targets(sound: &Edit) -> Vec<(usize, usize)> {
    let block = sound.block_size();
    let table = sound.pointed(sound.descriptor(8));
    let mut targets = vec![
        (1024, 1024),
        (sound.descriptor(0), 64),
        (sound.pointed(sound.descriptor(4)), 16),
        (table, 32 * sound.u16(1024 + 0x58)),
        (table + sound.u16(1024 + 0x58), 128),
    ];
    let fs = sound.open().unwrap();
    for inode in fs.inodes().map(Result::unwrap) {
        let at =
            sound.pointed(table + (usize::try_from(inode.number.get()).unwrap() - 1) * 256 + 0x68);
        targets.push((at, block));
        if inode.file_type != FileType::Regular {
            for extent in fs.extents(&inode).into_iter().flatten().map(Result::unwrap) {
                targets.push((extent.place.try_into().unwrap(), block));
            }
        }
    }
    let node = sound.pointed(sound.inode("pieces", 0x38));
    targets.push((node, block));
    targets
}

fn change(edit: &mut Edit, targets: &[(usize, usize)], dice: &mut Dice) {
    for _ in 0..=dice.below(6) {
        let (start, length) = targets[dice.below(targets.len())];
        let at = start + dice.below(length);
        edit.bytes[at] = match dice.below(4) {
            0 => 0,
            1 => 0xFF,
            2 => edit.bytes[at] ^ (1 << dice.below(8)),
            _ => u8::try_from(dice.below(256)).unwrap(),
        };
    }
}

fn change_and_read(sound: &Image, seed: u64) {
    let sound = Edit::new(sound);
    let targets = targets(&sound);
    let mut dice = Dice(seed);
    let (mut opened, mut slowest) = (0, Duration::ZERO);
    for round in 0..ROUNDS {
        let mut edit = sound.clone();
        change(&mut edit, &targets, &mut dice);
        let start = Instant::now();
        if let Ok(fs) = Ext4::open(MemoryDevice(edit.bytes)) {
            opened += 1;
            read_all(&fs);
        }
        slowest = slowest.max(start.elapsed());
        assert!(slowest < Duration::from_secs(10), "round {round}");
    }
    println!("{ROUNDS} images, {opened} opened, the slowest took {slowest:?}");
    assert!(opened > ROUNDS / 3);
}

#[test]
fn with_extents() {
    change_and_read(&sample::image(2, sample::PLAIN), 1);
}

#[test]
fn with_indirect_blocks() {
    change_and_read(&sample::image(2, sample::EXT2), 2);
}

#[test]
fn with_data_and_values_in_inodes() {
    change_and_read(&sample::with_value(2, sample::INLINE), 3);
}
