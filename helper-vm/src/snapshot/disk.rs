//! A disk in a snapshot: where its file system lies, and what mke2fs needs to make it again.

mod features;
mod label;

use super::BlockSize;
use std::ops::Range;

pub use features::Features;
pub use label::Label;

/// Nothing on a disk begins elsewhere than at a sector, in bytes.
const SECTOR_BYTES: u64 = 512;

/// mke2fs makes no file system with fewer inodes.
const LEAST_INODES: u32 = 16;

/// A disk with a file system in it. The file system lies within the disk and not at its
/// beginning, and its sizes are such as mke2fs makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    facts: DiskFacts,
}

/// What a [`Disk`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskFacts {
    /// Length of the disk in bytes.
    pub bytes: u64,
    /// Where the file system begins, in bytes.
    pub fs_offset: u64,
    /// Its length in bytes.
    pub fs_bytes: u64,
    /// How many inodes it has.
    pub inodes: u32,
    /// Bytes of an inode.
    pub inode_bytes: u16,
    /// Its UUID.
    pub uuid: [u8; 16],
    /// Its label.
    pub label: Label,
    /// Its features.
    pub features: Features,
}

impl Disk {
    /// A disk whose file system has blocks of this length, if there can be such a one.
    pub fn new(facts: DiskFacts, block_size: BlockSize) -> Option<Self> {
        let block_bytes = block_size.bytes();
        let end = facts.fs_offset.checked_add(facts.fs_bytes)?;
        let inode_bytes = u64::from(facts.inode_bytes);
        let good = facts.fs_offset >= SECTOR_BYTES
            && facts.fs_offset.is_multiple_of(SECTOR_BYTES)
            && facts.fs_bytes > 0
            && facts.fs_bytes.is_multiple_of(block_bytes)
            && end <= facts.bytes
            && facts.inodes >= LEAST_INODES
            && inode_bytes.is_power_of_two()
            && (128..=block_bytes).contains(&inode_bytes)
            && inode_bytes.saturating_mul(facts.inodes.into()) < facts.fs_bytes;
        good.then_some(Self { facts })
    }

    /// What it says.
    pub fn facts(&self) -> &DiskFacts {
        &self.facts
    }

    /// The place of the file system, in bytes.
    pub fn fs_range(&self) -> Range<u64> {
        let end = self.facts.fs_offset.saturating_add(self.facts.fs_bytes);
        self.facts.fs_offset..end
    }
}
