//! The checksum of an inode: two halves, the upper one only where there is room.

use crate::checksum::crc32c_without;
use crate::error::{Error, Fault, Site};
use crate::fields::Fields;
use crate::inode_extra::{Extra, OLD_LENGTH};

const LOW_AT: usize = 0x7C;
const HIGH_AT: usize = 0x82;

/// Holds an inode against its checksum, which starts from the seed of this inode.
pub(crate) fn check(bytes: &[u8], seed: u32, extra: &Extra<'_>, site: Site) -> Result<(), Error> {
    let fields = Fields::new(bytes, site);
    let (old, rest) = bytes.split_at_checked(OLD_LENGTH).unwrap_or((bytes, &[]));
    let crc = crc32c_without(seed, old, LOW_AT, 2);
    let (computed, stored) = if extra.has_checksum_high() {
        let crc = crc32c_without(crc, rest, HIGH_AT - OLD_LENGTH, 2);
        (crc, fields.u32_halves(LOW_AT, HIGH_AT)?)
    } else {
        (
            crc32c_without(crc, rest, rest.len(), 0) & 0xFFFF,
            fields.u16(LOW_AT)?.into(),
        )
    };
    if computed == stored {
        Ok(())
    } else {
        Err(site.fault(Fault::Checksum))
    }
}
