//! The first twelve bytes of every block of the journal that is not a copy of another block.

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
        let (magic, rest) = untrusted_block.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let (sequence, _) = rest.split_first_chunk()?;
        let kind = match u32::from_be_bytes(*kind) {
            DESCRIPTOR => Kind::Descriptor,
            COMMIT => Kind::Commit,
            REVOKE => Kind::Revoke,
            _ => return None,
        };
        let sequence = u32::from_be_bytes(*sequence);
        (*magic == JOURNAL_MAGIC).then_some(Self { kind, sequence })
    }
}
