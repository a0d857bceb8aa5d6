//! The root and the inner nodes of a directory's hash tree. Only their checksum is of use here:
//! the leaves hold all names.

use crate::crc32c::crc32c;
use crate::error::{Error, Fault, Site};
use crate::fields::Fields;

/// In the root the entries `.` and `..` and a header come first.
pub(crate) const ROOT_COUNT_AT: usize = 0x20;
/// In a node a record comes first that looks like one unused entry.
pub(crate) const NODE_COUNT_AT: usize = 0x8;
const ENTRY_LENGTH: usize = 8;
const TAIL_CHECKSUM_AT: usize = 4;

/// Holds the block against the checksum behind the room for its entries.
pub(crate) fn check(
    block: &[u8],
    count_at: usize,
    seed: Option<u32>,
    site: Site,
) -> Result<(), Error> {
    let Some(seed) = seed else { return Ok(()) };
    let fields = Fields::new(block, site);
    let room = usize::from(fields.u16(count_at)?);
    let count = usize::from(fields.u16(count_at.saturating_add(2))?);
    if count > room {
        return Err(site.fault(Fault::Size));
    }
    let end = |entries: usize| count_at.saturating_add(entries.saturating_mul(ENTRY_LENGTH));
    let tail = Fields::new(fields.slice(end(room), 8)?, site);
    let crc = crc32c(seed, fields.slice(0, end(count))?);
    let crc = crc32c(crc32c(crc, tail.slice(0, TAIL_CHECKSUM_AT)?), &[0; 4]);
    if crc == tail.u32(TAIL_CHECKSUM_AT)? {
        Ok(())
    } else {
        Err(site.fault(Fault::Checksum))
    }
}
