//! The first twelve bytes of every block of the journal that is not a copy of another block.

use crate::error::{Place, Site, Structure};
use crate::fields::Fields;
use crate::journal_fields::JournalFields;
use crate::overlay::JOURNAL_MAGIC;

/// The next field of any structure.
pub(crate) const LENGTH: usize = 12;
const DESCRIPTOR: u32 = 1;
const COMMIT: u32 = 2;
const REVOKE: u32 = 5;

/// What a block of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Descriptor,
    Commit,
    Revoke,
}

/// The header of a block of the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JournalHeader {
    pub(crate) kind: Kind,
    /// The transaction that it belongs to.
    pub(crate) sequence: u32,
}

impl JournalHeader {
    /// None when the block is none of the three: there the log ends.
    pub(crate) fn decode(untrusted_block: &[u8]) -> Option<Self> {
        let site = Site::new(Structure::JournalSuperBlock, Place::Volume);
        let magic: [u8; 4] = Fields::new(untrusted_block, site).bytes(0).ok()?;
        let fields = JournalFields::new(untrusted_block, site);
        let kind = match fields.u32(4).ok()? {
            DESCRIPTOR => Kind::Descriptor,
            COMMIT => Kind::Commit,
            REVOKE => Kind::Revoke,
            _ => return None,
        };
        let sequence = fields.u32(8).ok()?;
        (magic == JOURNAL_MAGIC).then_some(Self { kind, sequence })
    }
}
