//! The header of a block of extended attributes, which several inodes may share.

use crate::checksum::crc32c_without;
use crate::crc32c::crc32c;
use crate::error::{Error, Fault, Site};
use crate::fields::Fields;
use crate::numbers::PhysicalBlock;

/// Entries follow here.
pub(crate) const HEADER_LENGTH: usize = 32;
const MAGIC: u32 = 0xEA02_0000;
const CHECKSUM_AT: usize = 0x10;
/// No kernel lets more inodes share a block.
const SHARED_MAX: u32 = 1024;

/// Fails unless the block is what its header says.
pub(crate) fn check(
    untrusted_block: &[u8],
    place: PhysicalBlock,
    seed: Option<u32>,
    site: Site,
) -> Result<(), Error> {
    let fields = Fields::new(untrusted_block, site);
    if fields.u32(0x0)? != MAGIC {
        return Err(site.fault(Fault::Magic));
    }
    if let Some(seed) = seed {
        let crc = crc32c(seed, &place.get().to_le_bytes());
        let computed = crc32c_without(crc, untrusted_block, CHECKSUM_AT, 4);
        if computed != fields.u32(CHECKSUM_AT)? {
            return Err(site.fault(Fault::Checksum));
        }
    }
    let (shared, blocks) = (fields.u32(0x4)?, fields.u32(0x8)?);
    if !(1..=SHARED_MAX).contains(&shared) || blocks != 1 {
        return Err(site.fault(Fault::Size));
    }
    Ok(())
}
