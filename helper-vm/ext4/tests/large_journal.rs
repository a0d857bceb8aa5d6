//! A journal of a gigabyte, full of copies. A program of its own, to measure its memory alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::FileExt;

use common::device::FileDevice;
use common::image::{Image, tool};
use common::memory::peak;
use qib_ext4::{Error, Ext4, Feature};

const BLOCK: u64 = 1024;
const MOST: u64 = 1 << 20;
const BLOCKS: u64 = 4 << 20;
const JOURNAL_BLOCKS: usize = 1150 << 10;
/// As many as a descriptor holds.
const TAGS: u64 = 124;

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// The blocks of the journal, by its own number.
fn journal_blocks(image: &Image) -> Vec<u64> {
    let mut debugfs = tool("debugfs");
    debugfs.args(["-R", "blocks <8>"]).arg(image.path());
    let found = String::from_utf8(debugfs.output().unwrap().stdout).unwrap();
    let numbers = found.split_whitespace();
    let mut numbers: Vec<u64> = numbers.map(|number| number.parse().unwrap()).collect();
    // The first is the only node of its extent tree.
    numbers.remove(0);
    assert_eq!(numbers.len(), JOURNAL_BLOCKS);
    numbers
}

/// One transaction with copies of so many different blocks; what they hold is left as it is.
fn fill(image: &Image, copies: u64) {
    let file = File::options()
        .read(true)
        .write(true)
        .open(image.path())
        .unwrap();
    let places = journal_blocks(image);
    let write = |bytes: Vec<u8>, block: usize, field: u64| {
        let place = places[block] * BLOCK + field;
        file.write_all_at(&bytes, place).unwrap();
    };
    let own: BTreeSet<u64> = places.iter().copied().collect();
    let mut targets = (1..BLOCKS).filter(|block| !own.contains(block));
    let mut block = 1;
    let mut done = 0;
    while done < copies {
        let count = TAGS.min(copies - done);
        let mut descriptor = words(&[0xC03B_3998, 1, 1]);
        for tag in 0..count {
            let flags = if tag + 1 == count { 8 } else { 0 } | if tag > 0 { 2 } else { 0 };
            let target = targets.next_back().unwrap().try_into().unwrap();
            descriptor.extend(words(&[target, flags]));
            if tag == 0 {
                descriptor.extend([0; 16]);
            }
        }
        write(descriptor, block, 0);
        block += 1 + usize::try_from(count).unwrap();
        done += count;
    }
    write(words(&[0xC03B_3998, 2, 1]), block, 0);
    write(words(&[1, 1]), 0, 0x18);
    file.write_all_at(&[0x46], 1024 + 0x60).unwrap();
}

#[test]
fn a_full_journal_takes_little_memory_and_a_fuller_one_is_refused() {
    let features = "^metadata_csum,^64bit,^resize_inode";
    let options = [
        "-t",
        "ext4",
        "-b",
        "1024",
        "-J",
        "size=1150",
        "-E",
        "lazy_journal_init=1",
        "-O",
        features,
    ];
    let image = Image::make(4096, &options);
    fill(&image, MOST);
    let before = peak();
    let fs = Ext4::open(FileDevice::open(&image.path())).unwrap();
    let more = peak() - before;
    assert_eq!(fs.state().replayed_blocks, Some(MOST));
    println!("{MOST} blocks replayed with {more} KiB");
    assert!(more < 96 * 1024);
    fill(&image, MOST + 1);
    let refused = Ext4::open(FileDevice::open(&image.path())).err();
    assert!(matches!(
        refused,
        Some(Error::Incompatible(Feature::LargeJournal))
    ));
}
