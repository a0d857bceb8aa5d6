//! The superblock of the journal: where the log lies in it, and where it begins.

use crate::checksum::crc32c_without;
use crate::crc32c::crc32c;
use crate::error::{Error, Fault, Feature, Place, Site, Structure};
use crate::journal_fields::JournalFields;
use crate::overlay::JOURNAL_MAGIC;

pub(crate) const LENGTH: usize = 1024;
const VERSION_1: u32 = 3;
const VERSION_2: u32 = 4;
const COMPAT_CHECKSUM: u32 = 1;
const INCOMPAT_REVOKE: u32 = 0x1;
const INCOMPAT_64BIT: u32 = 0x2;
const INCOMPAT_ASYNC_COMMIT: u32 = 0x4;
const INCOMPAT_CSUM_V2: u32 = 0x8;
const INCOMPAT_CSUM_V3: u32 = 0x10;
const INCOMPAT_FAST_COMMIT: u32 = 0x20;
const INCOMPAT_KNOWN: u32 = INCOMPAT_REVOKE
    | INCOMPAT_64BIT
    | INCOMPAT_ASYNC_COMMIT
    | INCOMPAT_CSUM_V2
    | INCOMPAT_CSUM_V3
    | INCOMPAT_FAST_COMMIT;
const CHECKSUM_AT: usize = 0xFC;
const CRC32C: u8 = 4;
const FAST_COMMIT_BLOCKS: u32 = 256;
/// What the kernel leaves for the log before it sets blocks aside for fast commits.
const LOG_BLOCKS_MIN: u32 = 1024;
const SITE: Site = Site {
    structure: Structure::JournalSuperBlock,
    place: Place::Volume,
};

/// The checksums that the journal carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JournalChecksums {
    None,
    /// CRC-32 of a transaction, in its commit block.
    Version1,
    /// CRC-32C of every block; 16 bits of it for copies.
    Version2 {
        seed: u32,
    },
    /// CRC-32C of every block.
    Version3 {
        seed: u32,
    },
}

impl JournalChecksums {
    /// The seed of the checksum in every block; None where there is none.
    pub(crate) fn seed(self) -> Option<u32> {
        match self {
            Self::None | Self::Version1 => None,
            Self::Version2 { seed } | Self::Version3 { seed } => Some(seed),
        }
    }
}

/// A log that lies within its journal.
#[derive(Clone, Debug)]
pub(crate) struct JournalSuperBlock {
    /// Blocks of the journal.
    pub(crate) length: u32,
    /// The first block of the log.
    pub(crate) first: u32,
    /// The block behind its last, where it goes on at the first.
    pub(crate) last: u32,
    /// The block that the oldest transaction begins with; None when all is in place.
    pub(crate) start: Option<u32>,
    /// The number of that transaction.
    pub(crate) sequence: u32,
    /// The kernel met an error and could not tell the file system.
    pub(crate) error: bool,
    pub(crate) bits_64: bool,
    pub(crate) async_commit: bool,
    pub(crate) fast_commit: bool,
    pub(crate) checksums: JournalChecksums,
}

/// The three feature words, which the first version does not have.
#[derive(Default)]
struct Words {
    compat: u32,
    incompat: u32,
    ro_compat: u32,
}

impl JournalSuperBlock {
    /// Reads the superblock of a journal of `blocks` blocks of a size.
    pub(crate) fn decode(
        untrusted_bytes: &[u8],
        block_size: u32,
        blocks: u64,
    ) -> Result<Self, Error> {
        let fields = JournalFields::new(untrusted_bytes, SITE);
        check(fields.bytes(0)? == JOURNAL_MAGIC, Fault::Magic)?;
        let words = match fields.u32(0x4)? {
            VERSION_1 => Words::default(),
            VERSION_2 => Words::decode(&fields)?,
            _ => return Err(SITE.fault(Fault::Value)),
        };
        let checksums = words.checksums(&fields)?;
        check(fields.u32(0xC)? == block_size, Fault::Size)?;
        let (length, first) = (fields.u32(0x10)?, fields.u32(0x14)?);
        let fast_commit = words.incompat & INCOMPAT_FAST_COMMIT != 0;
        let last = if fast_commit {
            log_end(length, fields.u32(0x54)?)
        } else {
            length
        };
        let good = u64::from(length) <= blocks && first > 0 && first < last;
        check(good, Fault::Size)?;
        let start = Some(fields.u32(0x1C)?).filter(|start| *start != 0);
        check(start.is_none_or(|start| start < length), Fault::Size)?;
        Ok(Self {
            length,
            first,
            last,
            start,
            sequence: fields.u32(0x18)?,
            error: fields.u32(0x20)? != 0,
            bits_64: words.incompat & INCOMPAT_64BIT != 0,
            async_commit: words.incompat & INCOMPAT_ASYNC_COMMIT != 0,
            fast_commit,
            checksums,
        })
    }
}

impl Words {
    fn decode(fields: &JournalFields<'_>) -> Result<Self, Error> {
        let words = Self {
            compat: fields.u32(0x24)?,
            incompat: fields.u32(0x28)?,
            ro_compat: fields.u32(0x2C)?,
        };
        match (words.incompat & !INCOMPAT_KNOWN, words.ro_compat) {
            (0, 0) => Ok(words),
            (bits, more) => Err(Error::Incompatible(Feature::UnknownJournal(bits | more))),
        }
    }

    fn checksums(&self, fields: &JournalFields<'_>) -> Result<JournalChecksums, Error> {
        let version_1 = self.compat & COMPAT_CHECKSUM != 0;
        let version_2 = self.incompat & INCOMPAT_CSUM_V2 != 0;
        let version_3 = self.incompat & INCOMPAT_CSUM_V3 != 0;
        let seed = || seed(fields);
        match (version_1, version_2, version_3) {
            (false, false, false) => Ok(JournalChecksums::None),
            (true, false, false) => Ok(JournalChecksums::Version1),
            (false, true, false) => seed().map(|seed| JournalChecksums::Version2 { seed }),
            (false, false, true) => seed().map(|seed| JournalChecksums::Version3 { seed }),
            _ => Err(SITE.fault(Fault::Value)),
        }
    }
}

/// Holds the superblock against its checksum and returns the seed of all others.
fn seed(fields: &JournalFields<'_>) -> Result<u32, Error> {
    if fields.u8(0x50)? != CRC32C {
        return Err(Error::Incompatible(Feature::ChecksumType));
    }
    let computed = crc32c_without(!0, fields.slice(0, LENGTH)?, CHECKSUM_AT, 4);
    check(computed == fields.u32(CHECKSUM_AT)?, Fault::Checksum)?;
    Ok(crc32c(!0, &fields.bytes::<16>(0x30)?))
}

/// Where the log ends and the blocks for fast commits begin.
fn log_end(length: u32, untrusted_blocks: u32) -> u32 {
    let blocks = match untrusted_blocks {
        0 => FAST_COMMIT_BLOCKS,
        blocks => blocks,
    };
    let end = length.checked_sub(blocks);
    end.filter(|end| *end >= LOG_BLOCKS_MIN).unwrap_or(length)
}

fn check(good: bool, fault: Fault) -> Result<(), Error> {
    if good { Ok(()) } else { Err(SITE.fault(fault)) }
}
