//! Volumes of all sizes: filled a little, nearly, to the last block, and not at all.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use common::check::{assert_clean, assert_holds, dumped};
use common::content::Content;
use common::copy::AddFile;
use common::model::{self, Entry, Step, What};
use common::sample;
use common::volume::Volume;
use qib_ext4_writer::{BlockWriter, Error, Result, Run, Writer};

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// A volume for `blocks` blocks; fewer, if mke2fs finds the last group too small.
fn volume(block: u64, blocks: u64, options: &[&str]) -> Volume {
    let block_text = block.to_string();
    let options = [&["-b", &block_text], options].concat();
    Volume::empty(block * blocks, &options)
}

/// What dumpe2fs says is free, blocks and inodes.
fn free(volume: &Volume) -> (u64, u64) {
    let number = |what| dumped(volume, what).parse().unwrap();
    (number("Free blocks"), number("Free inodes"))
}

/// Fills it with some of everything.
fn a_little(test: &str, volume: &Volume) {
    let features = dumped(volume, "Filesystem features");
    let steps = model::steps(&sample::tree());
    let (blocks, inodes) = (
        volume.skeleton().free_blocks(),
        volume.skeleton().free_inodes(),
    );
    let mut counter = volume.counter(true);
    model::write(&steps, &mut counter).unwrap();
    model::fill(volume, &steps);
    assert_holds(test, volume, &steps);
    assert_eq!(dumped(volume, "Filesystem features"), features);
    let is_made = |step: &&Step| matches!(step, Step::Enter(_) | Step::Add { .. });
    // And that of `lost+found`.
    let made = 1 + steps.iter().filter(is_made).count();
    let left = inodes - u64::try_from(made).unwrap();
    assert_eq!(free(volume), (blocks - counter.taken_blocks(), left));
}

/// A tree, and one more file that takes so many blocks with all the nodes of its extents.
fn with_rest<D: BlockWriter>(writer: &mut Writer<D>, block: u64, blocks: u64) -> Result<()> {
    let steps = model::steps(&sample::tree());
    let (last, inner) = steps.split_last().unwrap();
    model::write(inner, writer)?;
    let meta = model::Owned::plain();
    let bytes = block * blocks;
    let runs = [Run { at: 0, bytes }];
    writer.add_file(b"rest", &meta.meta(), 1, bytes, &runs)?;
    model::write(std::slice::from_ref(last), writer).map(drop)
}

/// The blocks of a file with which just so many are taken.
fn rest_for(volume: &Volume, block: u64, taken: u64) -> u64 {
    let count = |blocks| {
        let mut counter = volume.counter(true);
        with_rest(&mut counter, block, blocks).unwrap();
        counter.taken_blocks()
    };
    let mut blocks = taken - count(1);
    while count(blocks) < taken {
        blocks += 1;
    }
    while count(blocks) > taken {
        blocks -= 1;
    }
    assert_eq!(count(blocks), taken);
    blocks
}

/// Fills so much of what is free, of which the data is never written.
fn filled(volume: &Volume, block: u64, percent: u64) {
    let all = volume.skeleton().free_blocks();
    let blocks = rest_for(volume, block, all * percent / 100);
    let mut writer = volume.writer();
    with_rest(&mut writer, block, blocks).unwrap();
    writer.finish().unwrap();
    assert_clean(volume);
    assert_eq!(free(volume).0, all - all * percent / 100);
}

/// Blocks of a group, as mke2fs makes it.
fn group(block: u64) -> u64 {
    block * 8
}

#[test]
fn around_the_borders_of_groups_that_share_their_tables() {
    let test = "around_the_borders_of_groups_that_share_their_tables";
    for block in [1024, 2048, 4096] {
        for groups in [15, 16, 17, 32, 33] {
            a_little(test, &volume(block, group(block) * groups, &[]));
            // A last group of few blocks.
            let blocks = group(block) * groups + group(block) / 8;
            a_little(test, &volume(block, blocks, &[]));
        }
    }
}

#[test]
fn small_groups_around_those_borders_filled() {
    for block in [1024, 4096] {
        for groups in [4, 5, 15, 16, 17] {
            for more in [0, 300, 777] {
                let blocks = 4096 * groups + more;
                let options = ["-g", "4096", "-N", "2000", "-J", "size=4"];
                let volume = volume(block, blocks, &options);
                if volume.skeleton().free_blocks() * block > MIB {
                    filled(&volume, block, 95);
                }
            }
        }
    }
}

#[test]
fn sizes_from_16_mib_to_64_gib() {
    let test = "sizes_from_16_mib_to_64_gib";
    for block in [1024, 2048, 4096] {
        for bytes in [16 * MIB, 17 * MIB, 100 * MIB, GIB, 5 * GIB + 3 * MIB] {
            a_little(test, &volume(block, bytes / block, &[]));
            filled(&volume(block, bytes / block, &[]), block, 95);
        }
    }
}

#[test]
fn volumes_of_64_gib() {
    for block in [1024, 2048, 4096] {
        a_little("volumes_of_64_gib", &volume(block, 64 * GIB / block, &[]));
        filled(&volume(block, 64 * GIB / block, &[]), block, 95);
    }
}

#[test]
fn to_the_last_block() {
    for block in [1024, 2048, 4096] {
        filled(&volume(block, 50 * MIB / block, &[]), block, 100);
    }
}

/// Said beforehand, to the block; and no block more is taken than there are.
#[test]
fn a_block_too_many_is_refused() {
    for block in [1024, 4096] {
        let volume = volume(block, 40 * MIB / block, &[]);
        let all = volume.skeleton().free_blocks();
        let blocks = rest_for(&volume, block, all + 1);
        let mut writer = volume.writer();
        let error = with_rest(&mut writer, block, blocks).err();
        assert!(matches!(error, Some(Error::Full)), "{error:?}");
    }
}

#[test]
fn an_inode_too_many_is_refused() {
    for (is_full, more) in [(false, 0), (true, 1)] {
        let volume = volume(1024, 20 << 10, &["-N", "64"]);
        // One is for `lost+found`.
        let count = volume.skeleton().free_inodes() - 1 + more;
        let file = |number| {
            let what = What::File(Content::default());
            (format!("{number}").into_bytes(), Entry::plain(what))
        };
        let root = Entry::plain(What::Folder((0..count).map(file).collect()));
        let steps = model::steps(&root);
        for full in [
            model::write(&steps, &mut volume.counter(true)).err(),
            model::write(&steps, &mut volume.writer()).err(),
        ] {
            assert_eq!(matches!(full, Some(Error::Full)), is_full, "{full:?}");
        }
    }
}
