//! A commit block: ends a transaction.

use crate::checksum::crc32c_without;
use crate::error::{Error, Site};
use crate::journal_fields::JournalFields;
use crate::journal_super_block::JournalChecksums;

const CHECKSUM_AT: usize = 16;
/// Behind this the block is zero; a disk may have written the first sector only.
const LENGTH: usize = 64;
/// CRC-32 and its length.
const VERSION_1_TYPE: [u8; 2] = [1, 4];

/// A commit block and what its checksum says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JournalCommit {
    /// Seconds since 1970.
    pub(crate) time: u64,
    pub(crate) checksum_is_right: bool,
}

impl JournalCommit {
    /// `crc` is that of all copies of the transaction and of the blocks that describe them.
    pub(crate) fn decode(
        untrusted_block: &[u8],
        checksums: JournalChecksums,
        crc: u32,
        site: Site,
    ) -> Result<Self, Error> {
        let fields = JournalFields::new(untrusted_block, site);
        let stored = fields.u32(CHECKSUM_AT)?;
        let checksum_is_right = match checksums {
            JournalChecksums::None => true,
            JournalChecksums::Version1 => {
                let kind = fields.bytes(12)?;
                (kind == VERSION_1_TYPE && stored == crc) || (kind == [0, 0] && stored == 0)
            }
            JournalChecksums::Version2 { seed } | JournalChecksums::Version3 { seed } => {
                let whole = crc32c_without(seed, untrusted_block, CHECKSUM_AT, 4);
                whole == stored || first_part(untrusted_block, seed) == stored
            }
        };
        Ok(Self {
            time: fields.u64(48)?,
            checksum_is_right,
        })
    }
}

/// The checksum of a block that is zero behind the fields.
fn first_part(untrusted_block: &[u8], seed: u32) -> u32 {
    let fields = untrusted_block.iter().take(LENGTH).copied();
    let mut block: Vec<u8> = fields.collect();
    block.resize(untrusted_block.len(), 0);
    crc32c_without(seed, &block, CHECKSUM_AT, 4)
}
