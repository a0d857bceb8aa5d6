//! One entry of a directory: a name and the inode that it leads to.

use crate::error::{Error, Fault, Site};
use crate::fields::Fields;
use crate::file_type::FileType;
use crate::numbers::InodeNumber;

const HEADER_LENGTH: usize = 8;
const SHORTEST: usize = 12;

/// A name in a directory. It is 1 to 255 bytes, without `/` and NUL, and neither `.` nor `..`.
///
/// Whether the directory has the name twice, the reader does not look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirEntry<'a> {
    /// Bytes of any encoding.
    pub name: &'a [u8],
    /// A number that the volume has; the inode behind it may still be unused.
    pub inode: InodeNumber,
    /// What the entry says of the inode, which may be wrong.
    pub hint: Option<FileType>,
}

/// An entry whose record is sound, and its name not yet looked at.
#[derive(Clone, Copy)]
pub(crate) struct RawEntry<'a> {
    /// None for an unused record.
    pub(crate) inode: Option<InodeNumber>,
    pub(crate) untrusted_name: &'a [u8],
    pub(crate) hint: u8,
    /// At least 12, a multiple of 4, and within the block.
    pub(crate) record_length: usize,
}

impl<'a> RawEntry<'a> {
    /// Decodes the entry at an offset of a directory block.
    pub(crate) fn decode(
        untrusted_block: &'a [u8],
        at: usize,
        filetype: bool,
        site: Site,
    ) -> Result<Self, Error> {
        let fields = Fields::new(untrusted_block, site);
        let header = Fields::new(fields.slice(at, HEADER_LENGTH)?, site);
        let record_length = record_length(header.u16(0x4)?, untrusted_block.len());
        let name_length = usize::from(header.u8(0x6)?);
        // Without that feature the byte is the upper half of the length, which no name needs.
        let hint = if filetype { header.u8(0x7)? } else { 0 };
        let needed = HEADER_LENGTH.saturating_add(name_length).max(SHORTEST);
        let end = at.checked_add(record_length);
        let good = record_length >= needed
            && record_length.is_multiple_of(4)
            && end.is_some_and(|end| end <= untrusted_block.len());
        if !good {
            return Err(site.fault(Fault::RecordLength));
        }
        let untrusted_name = fields.slice(at.saturating_add(HEADER_LENGTH), name_length)?;
        let inode = InodeNumber::new(header.u32(0x0)?);
        Ok(Self {
            inode,
            untrusted_name,
            hint,
            record_length,
        })
    }
}

/// 65536 does not fit in 16 bits, so the largest blocks have two ways to say it.
fn record_length(stored: u16, block_length: usize) -> usize {
    if block_length > usize::from(u16::MAX) && (stored == 0 || stored == u16::MAX) {
        return block_length;
    }
    usize::from(stored)
}

/// Makes sure that a name can stand in a path.
pub(crate) fn checked_name(untrusted_name: &[u8], site: Site) -> Result<&[u8], Error> {
    let bad = untrusted_name.is_empty()
        || untrusted_name == b"."
        || untrusted_name == b".."
        || untrusted_name.iter().any(|byte| matches!(byte, 0 | b'/'));
    if bad {
        Err(site.fault(Fault::Name))
    } else {
        Ok(untrusted_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Place, Structure};

    const SITE: Site = Site {
        structure: Structure::DirBlock,
        place: Place::Inode(2),
    };

    fn entry(record_length: u16, name_length: u8, block_length: usize) -> Vec<u8> {
        let mut block = vec![11, 0, 0, 0];
        block.extend(record_length.to_le_bytes());
        block.extend([name_length, 2]);
        block.resize(block_length, b'n');
        block
    }

    fn length(record_length: u16, name_length: u8, block_length: usize) -> Option<usize> {
        let block = entry(record_length, name_length, block_length);
        RawEntry::decode(&block, 0, true, SITE)
            .ok()
            .map(|entry| entry.record_length)
    }

    #[test]
    fn records_stay_in_their_block_and_hold_their_name() {
        assert_eq!(length(12, 4, 1024), Some(12));
        assert_eq!(length(1024, 255, 1024), Some(1024));
        assert_eq!(length(12, 5, 1024), None);
        assert_eq!(length(0, 1, 1024), None);
        assert_eq!(length(8, 0, 1024), None);
        assert_eq!(length(14, 1, 1024), None);
        assert_eq!(length(1028, 1, 1024), None);
        assert_eq!(length(12, 1, 8), None);
    }

    #[test]
    fn a_record_can_take_the_largest_block() {
        assert_eq!(length(0, 1, 65536), Some(65536));
        assert_eq!(length(u16::MAX, 1, 65536), Some(65536));
        assert_eq!(length(0, 1, 32768), None);
    }

    #[test]
    fn names_that_are_no_names() {
        for name in [&b""[..], b".", b"..", b"a/b", b"/", b"a\0", b"\0"] {
            assert!(checked_name(name, SITE).is_err(), "{name:?}");
        }
        for name in [&b"..."[..], b" ", b"\n", b"\xFF\xFE", b"\\"] {
            assert!(checked_name(name, SITE).is_ok(), "{name:?}");
        }
    }
}
