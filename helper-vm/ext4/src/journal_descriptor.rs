//! A descriptor block: says for each of the blocks behind it where it belongs.

use crate::error::{Error, Site};
use crate::journal_checksum::check_tail;
use crate::journal_fields::JournalFields;
use crate::journal_header;
use crate::journal_super_block::{JournalChecksums, JournalSuperBlock};

const ESCAPED: u16 = 0x1;
const SAME_UUID: u16 = 0x2;
const LAST: u16 = 0x8;
const UUID_LENGTH: usize = 16;

/// What is said of one block of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// The block that it is a copy of.
    pub(crate) untrusted_block: u64,
    /// As far as it is stored; zero where there is none.
    pub(crate) checksum: u32,
    /// It begins with the magic number, which the copy has as zeros.
    pub(crate) escaped: bool,
}

/// The tags of one descriptor block, in the order of the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct JournalDescriptor {
    pub(crate) tags: Vec<Tag>,
    /// A block that is left from an older journal may have a wrong one.
    pub(crate) checksum_is_right: bool,
}

impl JournalDescriptor {
    pub(crate) fn decode(
        untrusted_block: &[u8],
        sb: &JournalSuperBlock,
        site: Site,
    ) -> Result<Self, Error> {
        let (checksum_is_right, end) = check_tail(untrusted_block, sb.checksums.seed(), site)?;
        let fields = JournalFields::new(untrusted_block, site);
        let length = tag_length(sb);
        let mut tags = Vec::new();
        let mut at = journal_header::LENGTH;
        while at.saturating_add(length) <= end {
            let tag = JournalFields::new(fields.slice(at, length)?, site);
            let flags = tag.u16(0x6)?;
            tags.push(decode_tag(&tag, flags, sb)?);
            if flags & LAST != 0 {
                break;
            }
            at = at.saturating_add(length);
            if flags & SAME_UUID == 0 {
                at = at.saturating_add(UUID_LENGTH);
            }
        }
        Ok(Self {
            tags,
            checksum_is_right,
        })
    }
}

fn decode_tag(tag: &JournalFields<'_>, flags: u16, sb: &JournalSuperBlock) -> Result<Tag, Error> {
    let high = if sb.bits_64 { tag.u32(0x8)? } else { 0 };
    Ok(Tag {
        untrusted_block: u64::from(tag.u32(0x0)?) | u64::from(high) << 32,
        checksum: match sb.checksums {
            JournalChecksums::None | JournalChecksums::Version1 => 0,
            JournalChecksums::Version2 { .. } => tag.u16(0x4)?.into(),
            JournalChecksums::Version3 { .. } => tag.u32(0xC)?,
        },
        escaped: flags & ESCAPED != 0,
    })
}

/// With the second version two bytes were added that nothing uses.
fn tag_length(sb: &JournalSuperBlock) -> usize {
    match (sb.checksums, sb.bits_64) {
        (JournalChecksums::Version3 { .. }, _) => 16,
        (JournalChecksums::Version2 { .. }, true) => 14,
        (JournalChecksums::Version2 { .. }, false) => 10,
        (JournalChecksums::None | JournalChecksums::Version1, true) => 12,
        (JournalChecksums::None | JournalChecksums::Version1, false) => 8,
    }
}
