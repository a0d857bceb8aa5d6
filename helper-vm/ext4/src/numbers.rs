//! Numbers that must not be mixed up: inodes, block groups, blocks of the volume.

use std::num::NonZeroU32;

/// The number of an inode, never zero. Whether the volume has it is checked on use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InodeNumber(NonZeroU32);

impl InodeNumber {
    /// The root directory.
    pub const ROOT: Self = Self(NonZeroU32::MIN.saturating_add(1));

    /// None for zero, which marks an unused directory entry.
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// The plain number.
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

/// The number of a block group that the volume has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupNumber(pub(crate) u32);

/// The number of a block that lies in the volume, behind its group descriptors.
/// Only `SuperBlock::run` makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PhysicalBlock(pub(super) u64);

impl PhysicalBlock {
    pub(crate) fn get(self) -> u64 {
        self.0
    }
}
