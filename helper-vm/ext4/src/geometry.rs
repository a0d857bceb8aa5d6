//! Where things are: what follows from the sizes in the superblock.

use crate::fields::to_usize;
use crate::numbers::{GroupNumber, InodeNumber, PhysicalBlock};
use crate::super_block::SuperBlock;

impl SuperBlock {
    /// Byte offset of a block that `run` has checked, so below the size of the device.
    pub(crate) fn offset(&self, block: PhysicalBlock) -> u64 {
        block.get().saturating_mul(u64::from(self.block_size))
    }

    /// Length of a block in memory.
    pub(crate) fn block_length(&self) -> usize {
        to_usize(self.block_size)
    }

    /// Bytes of the volume that belong to the file system.
    pub(crate) fn volume_bytes(&self) -> u64 {
        self.blocks.saturating_mul(u64::from(self.block_size))
    }

    /// Blocks of each group's inode table.
    pub(crate) fn inode_table_blocks(&self) -> u64 {
        let bytes = u64::from(self.inodes_per_group).saturating_mul(self.inode_size.into());
        bytes.div_ceil(u64::from(self.block_size))
    }

    /// The first of `length` blocks, when all lie in the volume and behind the group descriptors.
    pub(crate) fn run(&self, untrusted_start: u64, length: u64) -> Option<PhysicalBlock> {
        let end = untrusted_start.checked_add(length)?;
        let inside = untrusted_start >= self.descriptors_end() && end <= self.blocks && length > 0;
        inside.then_some(PhysicalBlock(untrusted_start))
    }

    /// The group of an inode and its index there; None when the volume has no such inode.
    pub(crate) fn locate(&self, number: InodeNumber) -> Option<(GroupNumber, u32)> {
        let index = number
            .get()
            .checked_sub(1)
            .filter(|index| *index < self.inodes)?;
        let group = index.checked_div(self.inodes_per_group)?;
        Some((
            GroupNumber(group),
            index.checked_rem(self.inodes_per_group)?,
        ))
    }

    /// Whether the inode is the file system's own: journal, resize, quota, orphan file and the like.
    pub(crate) fn is_special(&self, number: InodeNumber) -> bool {
        let reserved = number.get() < self.first_inode && number != InodeNumber::ROOT;
        reserved || self.special_inodes.contains(&number.get())
    }

    /// The largest size of a file, in bytes: logical blocks have 32 bits.
    pub(crate) fn max_file_size(&self) -> u64 {
        u64::from(self.block_size) << 32
    }
}
