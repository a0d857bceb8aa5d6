//! What an inode says of its space: how much it claims, and where its attributes lie.

use crate::error::{Error, Fault, Site};
use crate::fields::Fields;
use crate::inode_flags::InodeFlags;
use crate::numbers::PhysicalBlock;
use crate::super_block::SuperBlock;

/// The space that the inode claims, in units of 512 bytes.
pub(crate) fn claimed(
    fields: &Fields<'_>,
    flags: InodeFlags,
    sb: &SuperBlock,
) -> Result<u64, Error> {
    let low = u64::from(fields.u32(0x1C)?);
    if !sb.features.huge_file {
        return Ok(low);
    }
    let count = low | u64::from(fields.u16(0x74)?) << 32;
    let sectors = if flags.huge_file() {
        u64::from(sb.block_size / 512)
    } else {
        1
    };
    Ok(count.saturating_mul(sectors))
}

/// The block of extended attributes.
pub(crate) fn xattr_block(
    fields: &Fields<'_>,
    sb: &SuperBlock,
    site: Site,
) -> Result<Option<PhysicalBlock>, Error> {
    let high = if sb.features.bits_64 {
        u64::from(fields.u16(0x76)?)
    } else {
        0
    };
    match u64::from(fields.u32(0x68)?) | high << 32 {
        0 => Ok(None),
        block => sb
            .run(block, 1)
            .map(Some)
            .ok_or_else(|| site.fault(Fault::OutOfVolume)),
    }
}
