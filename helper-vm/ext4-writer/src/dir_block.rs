//! A block of names: entries, one after the other, the last of them up to the end.

use qib_ext4::{FileType, crc32c};

use crate::fields::{put, put16, put32};
use crate::names::Name;

/// With checksums a block ends with a record of this length, shaped like an unused entry.
pub(crate) const TAIL: usize = 12;
const TAIL_TYPE: u8 = 0xDE;
const HEADER: usize = 8;

/// What all blocks of a directory have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealing {
    /// What checksums start from.
    pub(crate) seed: u32,
    /// Length of a block.
    pub(crate) length: usize,
}

impl Sealing {
    /// Bytes of a block that entries can take.
    pub(crate) fn room(self) -> usize {
        self.length - TAIL
    }
}

/// The bytes that an entry with a name of so many bytes needs.
pub(crate) fn entry_length(name_length: usize) -> usize {
    (HEADER + name_length).next_multiple_of(4)
}

/// A block of names that is being filled.
#[derive(Debug)]
pub(crate) struct DirBlock {
    bytes: Vec<u8>,
    sealing: Sealing,
    /// Where the last entry begins.
    last_at: usize,
    end: usize,
}

impl DirBlock {
    pub(crate) fn new(sealing: Sealing) -> Self {
        Self {
            bytes: vec![0; sealing.length],
            sealing,
            last_at: 0,
            end: 0,
        }
    }

    /// Adds a name; false when the block has no room for it.
    pub(crate) fn push(&mut self, name: Name<'_>) -> bool {
        let length = entry_length(name.bytes.len());
        if self.end + length > self.sealing.room() {
            return false;
        }
        if let Some(bytes) = self.bytes.get_mut(self.end..) {
            put_entry(bytes, name, length);
        }
        self.last_at = self.end;
        self.end += length;
        true
    }

    /// Gives the last entry the rest of the block, and seals it.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let room = self.sealing.room();
        if let Some(last) = self.bytes.get_mut(self.last_at..) {
            put16(last, 0x4, record_length(room - self.last_at));
        }
        let (names, tail) = self.bytes.split_at_mut(room);
        put16(tail, 0x4, record_length(TAIL));
        put(tail, 0x7, [TAIL_TYPE]);
        put32(tail, 0x8, crc32c(self.sealing.seed, names));
        self.bytes
    }
}

/// Puts one entry that takes `length` bytes.
pub(crate) fn put_entry(bytes: &mut [u8], name: Name<'_>, length: usize) {
    put32(bytes, 0x0, name.inode);
    put16(bytes, 0x4, record_length(length));
    put(bytes, 0x6, [u8::try_from(name.bytes.len()).unwrap_or(0)]);
    put(bytes, 0x7, [type_number(name.file_type)]);
    let place = bytes.get_mut(HEADER..).unwrap_or_default().iter_mut();
    place
        .zip(name.bytes)
        .for_each(|(byte, value)| *byte = *value);
}

/// One length that does not fit into 16 bits: that of the largest block.
pub(crate) fn record_length(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn type_number(file_type: FileType) -> u8 {
    match file_type {
        FileType::Regular => 1,
        FileType::Directory => 2,
        FileType::CharDevice => 3,
        FileType::BlockDevice => 4,
        FileType::Fifo => 5,
        FileType::Socket => 6,
        FileType::Symlink => 7,
    }
}
