//! The checksum at the end of blocks that describe or revoke others.

use crate::checksum::crc32c_without;
use crate::error::{Error, Site};
use crate::journal_fields::JournalFields;

const LENGTH: usize = 4;

/// Whether the checksum is right, and where the content before it ends.
pub(crate) fn check_tail(
    untrusted_block: &[u8],
    seed: Option<u32>,
    site: Site,
) -> Result<(bool, usize), Error> {
    let Some(seed) = seed else {
        return Ok((true, untrusted_block.len()));
    };
    let end = untrusted_block.len().saturating_sub(LENGTH);
    let computed = crc32c_without(seed, untrusted_block, end, LENGTH);
    let stored = JournalFields::new(untrusted_block, site).u32(end)?;
    Ok((computed == stored, end))
}
