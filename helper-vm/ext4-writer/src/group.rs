//! A group descriptor, changed in place.

use qib_ext4::crc32c_without;

use crate::fields::{get16, get32, high16, low16, narrow, put16};
use crate::shape::Shape;

const INODE_UNINIT: u16 = 0x1;
const BLOCK_UNINIT: u16 = 0x2;
const CHECKSUM_AT: usize = 0x1E;
/// From this length on a descriptor has upper halves.
const WIDE: usize = 64;

/// Where the parts of a group are, and what is free in it.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    bytes: Vec<u8>,
}

impl Group {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn is_wide(&self) -> bool {
        self.bytes.len() >= WIDE
    }

    fn joined(&self, low: usize, high: usize) -> u64 {
        let upper = if self.is_wide() {
            get32(&self.bytes, high)
        } else {
            0
        };
        u64::from(get32(&self.bytes, low)) | u64::from(upper) << 32
    }

    /// The block of the bitmap of blocks.
    pub(crate) fn block_bitmap(&self) -> u64 {
        self.joined(0x0, 0x20)
    }

    /// The block of the bitmap of inodes.
    pub(crate) fn inode_bitmap(&self) -> u64 {
        self.joined(0x4, 0x24)
    }

    /// The first block of the inode table.
    pub(crate) fn inode_table(&self) -> u64 {
        self.joined(0x8, 0x28)
    }

    /// Free inodes.
    pub(crate) fn free_inodes(&self) -> u32 {
        self.halves(0xE, 0x2E)
    }

    /// Whether the bitmap of blocks was never written.
    pub(crate) fn has_no_block_bitmap(&self) -> bool {
        get16(&self.bytes, 0x12) & BLOCK_UNINIT != 0
    }

    fn halves(&self, low: usize, high: usize) -> u32 {
        let upper = if self.is_wide() {
            get16(&self.bytes, high)
        } else {
            0
        };
        u32::from(get16(&self.bytes, low)) | u32::from(upper) << 16
    }

    fn put_halves(&mut self, low: usize, high: usize, value: u32) {
        put16(&mut self.bytes, low, low16(value));
        if self.is_wide() {
            put16(&mut self.bytes, high, high16(value));
        }
    }

    fn clear(&mut self, flag: u16) {
        let flags = get16(&self.bytes, 0x12) & !flag;
        put16(&mut self.bytes, 0x12, flags);
    }

    /// A bitmap of blocks was written.
    pub(crate) fn set_blocks(&mut self, free: u32, bitmap_crc: u32) {
        self.clear(BLOCK_UNINIT);
        self.put_halves(0xC, 0x2C, free);
        self.put_halves(0x18, 0x38, bitmap_crc);
    }

    /// A bitmap of inodes was written.
    pub(crate) fn set_inodes(&mut self, free: u32, directories: u32, bitmap_crc: u32) {
        self.clear(INODE_UNINIT);
        self.put_halves(0xE, 0x2E, free);
        self.put_halves(0x10, 0x30, directories);
        self.put_halves(0x1C, 0x32, free);
        self.put_halves(0x1A, 0x3A, bitmap_crc);
    }

    /// Free blocks.
    pub(crate) fn free_blocks(&self) -> u32 {
        self.halves(0xC, 0x2C)
    }

    /// Seals what was changed.
    pub(crate) fn seal(&mut self, number: u32, shape: &Shape) {
        let seed = shape.crc(&number.to_le_bytes());
        let crc = crc32c_without(seed, &self.bytes, CHECKSUM_AT, 2);
        put16(&mut self.bytes, CHECKSUM_AT, low16(crc));
    }
}

/// The checksum of a bitmap of so many bits.
pub(crate) fn bitmap_crc(shape: &Shape, bitmap: &[u8], bits: u32) -> u32 {
    shape.crc(bitmap.get(..narrow(bits / 8)).unwrap_or(bitmap))
}
