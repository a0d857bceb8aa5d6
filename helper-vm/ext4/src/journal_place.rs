//! What the superblock says about the journal: whether it is to be replayed, and where it is.

use crate::error::{Error, Feature};
use crate::features::Features;
use crate::fields::Fields;
use crate::numbers::InodeNumber;

const COMPAT_HAS_JOURNAL: u32 = 0x4;

/// The inode of the journal if changes in it may not be in place; None when all are.
pub(crate) fn journal_to_replay(
    fields: &Fields<'_>,
    features: Features,
) -> Result<Option<InodeNumber>, Error> {
    // Without a journal the kernel cares for no recovery.
    if !features.needs_recovery || fields.u32(0x5C)? & COMPAT_HAS_JOURNAL == 0 {
        return Ok(None);
    }
    let inode = InodeNumber::new(fields.u32(0xE0)?);
    let device = fields.u32(0xE4)?;
    match inode {
        Some(inode) if device == 0 => Ok(Some(inode)),
        _ => Err(Error::Incompatible(Feature::ExternalJournal)),
    }
}
