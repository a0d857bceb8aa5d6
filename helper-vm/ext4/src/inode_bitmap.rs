//! The inode bitmap of a block group: which inodes are allocated.

use crate::crc32c::crc32c;
use crate::error::{Error, Fault, Place, Site, Structure};
use crate::fields::to_usize;
use crate::group_descriptor::GroupDescriptor;
use crate::numbers::GroupNumber;
use crate::super_block::SuperBlock;

/// One bit for each inode of a group.
#[derive(Default)]
pub(crate) struct InodeBitmap {
    bytes: Vec<u8>,
    inodes: u32,
}

impl InodeBitmap {
    /// Takes the block of a bitmap, once its checksum is right.
    pub(crate) fn decode(
        untrusted_block: Vec<u8>,
        group: GroupNumber,
        descriptor: &GroupDescriptor,
        sb: &SuperBlock,
    ) -> Result<Self, Error> {
        let site = Site::new(Structure::InodeBitmap, Place::Group(group.0));
        let used = to_usize(sb.inodes_per_group / 8);
        if let Some(seed) = sb.checksums.seed() {
            let bits = untrusted_block
                .get(..used)
                .ok_or_else(|| site.fault(Fault::Short))?;
            let stored_bits = if sb.features.bits_64 {
                u32::MAX
            } else {
                0xFFFF
            };
            if crc32c(seed, bits) & stored_bits != descriptor.inode_bitmap_checksum {
                return Err(site.fault(Fault::Checksum));
            }
        }
        Ok(Self {
            bytes: untrusted_block,
            inodes: sb.inodes_per_group,
        })
    }

    /// Whether the inode at an index of the group is allocated.
    pub(crate) fn is_set(&self, index: u32) -> bool {
        let byte = self.bytes.get(to_usize(index / 8)).copied().unwrap_or(0);
        index < self.inodes && byte >> (index % 8) & 1 == 1
    }

    /// One more than the last allocated index; zero when there is none.
    pub(crate) fn end(&self) -> u32 {
        (0..self.inodes)
            .rev()
            .find(|index| self.is_set(*index))
            .map_or(0, |index| index + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::InodeBitmap;

    #[test]
    fn bits_behind_the_last_inode_do_not_count() {
        let bitmap = InodeBitmap {
            bytes: vec![0b0000_0101, 0xFF],
            inodes: 8,
        };
        assert_eq!(bitmap.end(), 3);
        assert!(bitmap.is_set(0) && !bitmap.is_set(1) && bitmap.is_set(2));
        assert!(!bitmap.is_set(8) && !bitmap.is_set(u32::MAX));
    }
}
