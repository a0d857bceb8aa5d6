//! Writing a journal by hand, block by block, in an image that has one and is clean.

use super::crc::{crc32_be, crc32c};
use super::edit::Edit;

pub const MAGIC: [u8; 4] = [0xC0, 0x3B, 0x39, 0x98];
pub const ASYNC_COMMIT: u32 = 4;
/// A time of day at which all is well.
pub const NOON: u64 = 1_700_000_000;

/// The checksums of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksums {
    None,
    V1,
    V2,
    V3,
}

/// A log under construction. All blocks are numbered from the start of the journal.
#[derive(Clone)]
pub struct Log {
    pub edit: Edit,
    pub checksums: Checksums,
    pub bits_64: bool,
    /// The block that is written next.
    pub next: usize,
    pub sequence: u32,
    /// Each tag carries the UUID again.
    pub long_tags: bool,
    first: usize,
    last: usize,
    places: Vec<usize>,
    block_size: usize,
    crc: u32,
}

impl Log {
    /// A log that begins at a block, with the number of its first transaction. `more` is added to
    /// the features that a file system may not know.
    pub fn new(edit: &Edit, checksums: Checksums, bits_64: bool, more: u32) -> Self {
        let places = journal_blocks(edit);
        let mut log = Self {
            edit: edit.clone(),
            checksums,
            bits_64,
            next: 1,
            sequence: 1,
            long_tags: false,
            first: 1,
            last: places.len(),
            block_size: edit.block_size(),
            places,
            crc: !0,
        };
        log.super_block(more);
        let features = log.edit.u32(1024 + 0x60) | 4;
        log.edit.set_u32(1024 + 0x60, features.try_into().unwrap());
        log
    }

    /// Begins elsewhere, with another number.
    pub fn start(&mut self, block: usize, sequence: u32) -> &mut Self {
        (self.next, self.sequence) = (block, sequence);
        self.set_field(0x1C, block.try_into().unwrap());
        self.set_field(0x18, sequence)
    }

    /// Changes a field of the superblock of the journal.
    pub fn set_field(&mut self, field: usize, value: u32) -> &mut Self {
        let at = self.at(0);
        self.edit.set(at + field, value.to_be_bytes());
        self.close_super_block();
        self
    }

    /// Where a block of the journal lies in the image.
    pub fn at(&self, block: usize) -> usize {
        self.places[block] * self.block_size
    }

    /// Where the log goes on at its first block.
    pub fn last(&self) -> usize {
        self.last
    }

    fn super_block(&mut self, more: u32) {
        let checksums = match self.checksums {
            Checksums::None | Checksums::V1 => 0,
            Checksums::V2 => 8,
            Checksums::V3 => 0x10,
        };
        let wide = if self.bits_64 { 2 } else { 0 };
        let at = self.at(0);
        self.edit
            .set_u8(at + 0x50, if checksums == 0 { 0 } else { 4 });
        self.set_field(0x24, u32::from(self.checksums == Checksums::V1));
        self.set_field(0x28, 1 | wide | checksums | more);
        self.start(1, 1);
    }

    fn close_super_block(&mut self) {
        let at = self.at(0);
        self.edit.set(at + 0xFC, [0; 4]);
        let crc = crc32c(!0, &self.edit.bytes[at..at + 1024]);
        self.edit.set(at + 0xFC, crc.to_be_bytes());
    }

    fn seed(&self) -> u32 {
        let at = self.at(0) + 0x30;
        crc32c(!0, &self.edit.bytes[at..at + 16])
    }

    fn checked(&self) -> bool {
        matches!(self.checksums, Checksums::V2 | Checksums::V3)
    }

    fn header(&self, kind: u32) -> Vec<u8> {
        let fields = [kind.to_be_bytes(), self.sequence.to_be_bytes()];
        [MAGIC.to_vec(), fields.concat()].concat()
    }

    /// Writes a block and goes on to the next, round the end. Returns its number.
    pub fn block(&mut self, mut bytes: Vec<u8>) -> usize {
        bytes.resize(self.block_size, 0);
        let (number, at) = (self.next, self.at(self.next));
        self.edit.bytes[at..at + self.block_size].copy_from_slice(&bytes);
        self.next += 1;
        if self.next == self.last {
            self.next = self.first;
        }
        number
    }

    /// A block with a checksum in its last four bytes.
    fn closed(&mut self, mut bytes: Vec<u8>) -> usize {
        bytes.resize(self.block_size, 0);
        if self.checked() {
            let end = self.block_size - 4;
            let crc = crc32c(self.seed(), &bytes);
            bytes[end..].copy_from_slice(&crc.to_be_bytes());
        }
        self.block(bytes)
    }

    /// A descriptor block and a copy for each tag. Returns the number of the first.
    pub fn copies(&mut self, copies: &[(u64, Vec<u8>)]) -> usize {
        let mut descriptor = self.header(1);
        let mut contents = Vec::new();
        for (index, (block, content)) in copies.iter().enumerate() {
            let mut content = content.clone();
            content.resize(self.block_size, 0);
            let mut flags = if index + 1 == copies.len() { 8 } else { 0 };
            if content[..4] == MAGIC {
                content[..4].fill(0);
                flags |= 1;
            }
            let long = index == 0 || self.long_tags;
            flags |= if long { 0 } else { 2 };
            descriptor.extend(self.tag(*block, &content, flags));
            if long {
                descriptor.extend([0; 16]);
            }
            contents.push(content);
        }
        let number = self.closed(descriptor);
        self.sum(number);
        for content in contents {
            let copy = self.block(content);
            self.sum(copy);
        }
        number
    }

    fn sum(&mut self, block: usize) {
        let at = self.at(block);
        self.crc = crc32_be(self.crc, &self.edit.bytes[at..at + self.block_size]);
    }

    fn tag(&self, block: u64, content: &[u8], flags: u16) -> Vec<u8> {
        let (low, high) = (block & 0xFFFF_FFFF, block >> 32);
        let word = |number: u64| u32::try_from(number).unwrap().to_be_bytes().to_vec();
        let crc = crc32c(self.seed(), &self.sequence.to_be_bytes());
        let crc = crc32c(crc, content);
        if self.checksums == Checksums::V3 {
            let flags = u32::from(flags).to_be_bytes().to_vec();
            return [word(low), flags, word(high), crc.to_be_bytes().to_vec()].concat();
        }
        let crc = if self.checked() { crc & 0xFFFF } else { 0 };
        let crc = u16::try_from(crc).unwrap().to_be_bytes().to_vec();
        let mut tag = [word(low), crc, flags.to_be_bytes().to_vec()].concat();
        if self.bits_64 {
            tag.extend(word(high));
        }
        if self.checksums == Checksums::V2 {
            tag.extend([0; 2]);
        }
        tag
    }

    pub fn revoke(&mut self, blocks: &[u64]) -> usize {
        let length = if self.bits_64 { 8 } else { 4 };
        let used = 16 + blocks.len() * length;
        let mut bytes = self.header(5);
        bytes.extend(u32::try_from(used).unwrap().to_be_bytes());
        for block in blocks {
            bytes.extend(&block.to_be_bytes()[8 - length..]);
        }
        self.closed(bytes)
    }

    /// Ends the transaction.
    pub fn commit(&mut self, time: u64) -> usize {
        let mut bytes = self.header(2);
        bytes.resize(self.block_size, 0);
        bytes[48..56].copy_from_slice(&time.to_be_bytes());
        if self.checksums == Checksums::V1 {
            bytes[12..14].copy_from_slice(&[1, 4]);
            bytes[16..20].copy_from_slice(&self.crc.to_be_bytes());
        }
        if self.checked() {
            let crc = crc32c(self.seed(), &bytes);
            bytes[16..20].copy_from_slice(&crc.to_be_bytes());
        }
        self.crc = !0;
        self.sequence = self.sequence.wrapping_add(1);
        self.block(bytes)
    }
}

/// Offset of a block of the journal.
pub fn journal_block(edit: &Edit, block: usize) -> usize {
    journal_blocks(edit)[block] * edit.block_size()
}

/// The blocks of inode 8, whose tree has no more than one level.
fn journal_blocks(edit: &Edit) -> Vec<usize> {
    let table = edit.pointed(edit.descriptor(0x8));
    let inode = table + 7 * edit.u16(1024 + 0x58);
    let mut blocks = Vec::new();
    for entry in 0..edit.u16(inode + 0x28 + 2) {
        let at = inode + 0x28 + 12 + entry * 12;
        let start = edit.u32(at + 8);
        blocks.extend(start..start + edit.u16(at + 4));
    }
    blocks
}
