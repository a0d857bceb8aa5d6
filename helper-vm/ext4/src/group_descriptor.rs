//! A group descriptor: where a block group keeps its inodes.

use crate::checksum::{Checksums, crc32c_without};
use crate::crc16::crc16;
use crate::crc32c::crc32c;
use crate::error::{Error, Fault, Place, Site, Structure};
use crate::fields::Fields;
use crate::numbers::{GroupNumber, PhysicalBlock};
use crate::super_block::SuperBlock;

const CHECKSUM_AT: usize = 0x1E;
const BEHIND_CHECKSUM: usize = 0x20;
const INODE_UNINIT: u16 = 0x1;

/// The parts of a group descriptor that lead to inodes. Both places lie in the volume.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupDescriptor {
    pub(crate) inode_bitmap: PhysicalBlock,
    pub(crate) inode_table: PhysicalBlock,
    pub(crate) inode_bitmap_checksum: u32,
    /// No inode of this group was ever used, and its table may be uninitialised. Believed without
    /// a look at the table: who lies here hides files of his own only.
    pub(crate) inodes_unused: bool,
}

impl GroupDescriptor {
    pub(crate) fn decode(
        untrusted_bytes: &[u8],
        group: GroupNumber,
        sb: &SuperBlock,
    ) -> Result<Self, Error> {
        let site = Site::new(Structure::GroupDescriptor, Place::Group(group.0));
        check_checksum(untrusted_bytes, group, sb, site)?;
        let fields = Fields::new(untrusted_bytes, site);
        let wide = sb.features.bits_64;
        let joined = |low, high| {
            if wide {
                fields.u64_halves(low, high)
            } else {
                fields.u32(low).map(u64::from)
            }
        };
        let place = |untrusted_start, blocks| {
            sb.run(untrusted_start, blocks)
                .ok_or_else(|| site.fault(Fault::OutOfVolume))
        };
        let uninit = fields.u16(0x12)? & INODE_UNINIT != 0;
        Ok(Self {
            inode_bitmap: place(joined(0x4, 0x24)?, 1)?,
            inode_table: place(joined(0x8, 0x28)?, sb.inode_table_blocks())?,
            inode_bitmap_checksum: bitmap_checksum(&fields, wide)?,
            inodes_unused: uninit && sb.checksums.cover_groups(),
        })
    }
}

fn bitmap_checksum(fields: &Fields<'_>, wide: bool) -> Result<u32, Error> {
    if wide {
        fields.u32_halves(0x1A, 0x3A)
    } else {
        fields.u16(0x1A).map(u32::from)
    }
}

fn check_checksum(
    bytes: &[u8],
    group: GroupNumber,
    sb: &SuperBlock,
    site: Site,
) -> Result<(), Error> {
    let number = group.0.to_le_bytes();
    let computed = match sb.checksums {
        Checksums::None => return Ok(()),
        Checksums::Groups { uuid } => {
            let fields = Fields::new(bytes, site);
            let crc = crc16(
                crc16(crc16(!0, &uuid), &number),
                fields.slice(0, CHECKSUM_AT)?,
            );
            crc16(crc, bytes.get(BEHIND_CHECKSUM..).unwrap_or(&[])).into()
        }
        Checksums::Metadata { seed } => {
            crc32c_without(crc32c(seed, &number), bytes, CHECKSUM_AT, 2) & 0xFFFF
        }
    };
    let stored = Fields::new(bytes, site).u16(CHECKSUM_AT)?;
    if computed == u32::from(stored) {
        Ok(())
    } else {
        Err(site.fault(Fault::Checksum))
    }
}
