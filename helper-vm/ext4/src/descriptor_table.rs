//! Where the blocks of group descriptors are: behind the superblock, or (`meta_bg`) each in the
//! first of the groups that it describes.

use crate::error::{Error, Fault, Place, Site, Structure};
use crate::features::Features;
use crate::fields::Fields;
use crate::numbers::GroupNumber;
use crate::super_block::SuperBlock;

/// Which groups begin with a copy of the superblock. Where there is one, a block of descriptors
/// follows it; no copy is ever read.
#[derive(Clone, Copy, Debug)]
enum Copies {
    All,
    PowersOf357,
    Two([u32; 2]),
}

/// The layout of the descriptors, as the superblock says it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DescriptorTable {
    copies: Copies,
    /// How many blocks of descriptors follow the superblock in one row.
    in_row: Option<u32>,
}

impl DescriptorTable {
    pub(crate) fn decode(fields: &Fields<'_>, features: Features) -> Result<Self, Error> {
        let copies = if features.sparse_super_2 {
            Copies::Two([fields.u32(0x24C)?, fields.u32(0x250)?])
        } else if features.sparse_super {
            Copies::PowersOf357
        } else {
            Copies::All
        };
        let in_row = if features.meta_bg {
            Some(fields.u32(0x104)?)
        } else {
            None
        };
        Ok(Self { copies, in_row })
    }

    fn has_copy(&self, group: u32) -> bool {
        match self.copies {
            _ if group == 0 => true,
            Copies::All => true,
            Copies::Two(groups) => groups.contains(&group),
            Copies::PowersOf357 => {
                group == 1 || [3, 5, 7].iter().any(|base| is_power(group, *base))
            }
        }
    }
}

fn is_power(number: u32, base: u64) -> bool {
    let (number, mut power) = (u64::from(number), base);
    while power < number {
        power = power.saturating_mul(base);
    }
    power == number
}

impl SuperBlock {
    /// Byte offset of a group's descriptor.
    pub(crate) fn descriptor_offset(&self, group: GroupNumber) -> Result<u64, Error> {
        let site = Site::new(Structure::GroupDescriptor, Place::Group(group.0));
        let size = u64::from(self.descriptor_size);
        let inside = u64::from(group.0).saturating_mul(size);
        let block_size = u64::from(self.block_size);
        let index = inside.checked_div(block_size).unwrap_or(0);
        let place = self.descriptor_block(index);
        let place = place.filter(|block| *block < self.blocks);
        let place = place.ok_or_else(|| site.fault(Fault::OutOfVolume))?;
        let inside = inside.checked_rem(block_size).unwrap_or(0);
        Ok(place.saturating_mul(block_size).saturating_add(inside))
    }

    fn descriptor_block(&self, index: u64) -> Option<u64> {
        let row = self.descriptors.in_row.map_or(u64::MAX, u64::from);
        // The first block of all follows the superblock in either layout.
        if index < row.max(1) {
            return self.super_block_place().checked_add(1)?.checked_add(index);
        }
        let in_block = u64::from(self.block_size).checked_div(self.descriptor_size.into())?;
        let group = u32::try_from(index.checked_mul(in_block)?).ok()?;
        let behind_copy = u64::from(self.descriptors.has_copy(group));
        let start = u64::from(group).checked_mul(self.blocks_per_group.into())?;
        start
            .checked_add(self.first_data_block.into())?
            .checked_add(behind_copy)
    }

    /// Whether no more blocks of descriptors are said to be in a row than there are.
    pub(crate) fn has_sound_descriptor_row(&self) -> bool {
        let row = self.descriptors.in_row.map_or(0, u64::from);
        row <= self.descriptor_blocks()
    }

    /// The first block behind the descriptors that follow the superblock.
    pub(crate) fn descriptors_end(&self) -> u64 {
        let row = self.descriptors.in_row.map_or(u64::MAX, u64::from);
        let blocks = self.descriptor_blocks().min(row.max(1));
        self.super_block_place()
            .saturating_add(1)
            .saturating_add(blocks)
    }

    fn descriptor_blocks(&self) -> u64 {
        let bytes = u64::from(self.groups).saturating_mul(u64::from(self.descriptor_size));
        bytes.div_ceil(u64::from(self.block_size))
    }

    fn super_block_place(&self) -> u64 {
        u64::from(self.block_size == 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::{Copies, DescriptorTable};

    #[test]
    fn groups_with_a_copy() {
        let with = |copies| {
            let table = DescriptorTable {
                copies,
                in_row: None,
            };
            (0..130)
                .filter(|group| table.has_copy(*group))
                .collect::<Vec<_>>()
        };
        let sparse = [0, 1, 3, 5, 7, 9, 25, 27, 49, 81, 125];
        assert_eq!(with(Copies::PowersOf357), sparse);
        assert_eq!(with(Copies::Two([1, 99])), [0, 1, 99]);
        assert_eq!(with(Copies::Two([0, 0])), [0]);
        assert_eq!(with(Copies::All).len(), 130);
    }

    #[test]
    fn no_number_of_a_group_is_too_large() {
        assert!(!super::is_power(u32::MAX, 3));
        assert!(super::is_power(3_486_784_401, 3));
    }
}
