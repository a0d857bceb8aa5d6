//! The header of a GPT: how many entries there are and where, and what they may name.

use super::error::{GptError, Result};
use super::gpt_entry;
use crate::fields::Fields;
use crate::number::{place, wide};
use std::ops::RangeInclusive;

pub(super) const SIGNATURE: &[u8; 8] = b"EFI PART";
const REVISION: u32 = 0x0001_0000;
const SECTOR: u64 = 1;
const LEAST_LENGTH: usize = 92;
/// Where the header's own checksum stands, which counts as zeros in it.
const CHECKSUM: std::ops::Range<usize> = 16..20;
const MAX_ENTRIES: u32 = 128;

/// A header that fits its disk.
#[derive(Debug)]
pub(super) struct GptHeader {
    /// The first sector of the entries.
    pub(super) entries_sector: u64,
    /// How many entries there are.
    entries: u32,
    entries_checksum: u32,
    /// The sectors that partitions may take.
    pub(super) usable: RangeInclusive<u64>,
}

impl GptHeader {
    /// Decodes the header of a disk of so many sectors.
    pub(super) fn decode(untrusted_sector: &[u8], sectors: u64, sector_bytes: u64) -> Result<Self> {
        let fields = Fields::new(untrusted_sector);
        let found = Raw::decode(fields).ok_or(GptError::HeaderLength)?;
        expect(&found.signature == SIGNATURE, GptError::Signature)?;
        expect(found.revision == REVISION, GptError::Revision)?;
        let length = Some(place(found.length)).filter(|length| *length >= LEAST_LENGTH);
        let untrusted_header = length.and_then(|length| untrusted_sector.get(..length));
        let untrusted_header = untrusted_header.ok_or(GptError::HeaderLength)?;
        expect(
            checksum(untrusted_header) == found.checksum,
            GptError::HeaderChecksum,
        )?;
        let usable = found.first_usable..=found.last_usable;
        expect(
            !usable.is_empty() && found.last_usable < sectors,
            GptError::UsableSectors,
        )?;
        let has_copy = found.last_usable < found.copy && found.copy < sectors;
        expect(found.here == SECTOR && has_copy, GptError::HeaderPlace)?;
        expect(
            (1..=MAX_ENTRIES).contains(&found.entries),
            GptError::EntryCount,
        )?;
        let fits = place(found.entry_length) == gpt_entry::BYTES;
        expect(fits, GptError::EntryLength)?;
        let header = Self {
            entries_sector: found.entries_sector,
            entries: found.entries,
            entries_checksum: found.entries_checksum,
            usable,
        };
        let entries = wide(header.entries_length()).div_ceil(sector_bytes);
        let end = found.entries_sector.checked_add(entries);
        let between =
            found.entries_sector > SECTOR && end.is_some_and(|end| end <= found.first_usable);
        expect(between, GptError::EntriesPlace)?;
        Ok(header)
    }

    /// The length of all entries in bytes.
    pub(super) fn entries_length(&self) -> usize {
        place(self.entries).saturating_mul(gpt_entry::BYTES)
    }

    /// Checks the bytes of all entries.
    pub(super) fn check_entries(&self, untrusted_entries: &[u8]) -> Result<()> {
        let right = crc32fast::hash(untrusted_entries) == self.entries_checksum;
        expect(right, GptError::EntriesChecksum)
    }
}

/// The fields in their order.
struct Raw {
    signature: [u8; 8],
    revision: u32,
    length: u32,
    checksum: u32,
    here: u64,
    copy: u64,
    first_usable: u64,
    last_usable: u64,
    entries_sector: u64,
    entries: u32,
    entry_length: u32,
    entries_checksum: u32,
}

impl Raw {
    fn decode(mut fields: Fields<'_>) -> Option<Self> {
        let (signature, revision) = (fields.array()?, fields.u32()?);
        let (length, checksum, _reserved) = (fields.u32()?, fields.u32()?, fields.u32()?);
        let (here, copy) = (fields.u64()?, fields.u64()?);
        let (first_usable, last_usable) = (fields.u64()?, fields.u64()?);
        let _disk_guid: [u8; 16] = fields.array()?;
        Some(Self {
            signature,
            revision,
            length,
            checksum,
            here,
            copy,
            first_usable,
            last_usable,
            entries_sector: fields.u64()?,
            entries: fields.u32()?,
            entry_length: fields.u32()?,
            entries_checksum: fields.u32()?,
        })
    }
}

fn checksum(untrusted_header: &[u8]) -> u32 {
    let (before, rest) = untrusted_header.split_at(CHECKSUM.start);
    let mut sum = crc32fast::Hasher::new();
    sum.update(before);
    sum.update(&[0; CHECKSUM.end - CHECKSUM.start]);
    sum.update(rest.get(CHECKSUM.len()..).unwrap_or_default());
    sum.finalize()
}

fn expect(good: bool, error: GptError) -> Result<()> {
    if good { Ok(()) } else { Err(error) }
}
