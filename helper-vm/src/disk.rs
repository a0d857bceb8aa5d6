//! Disks with a GUID partition table (GPT): which parts of them are partitions.
//!
//! Only the primary table is read, and only one without any doubt is believed: both
//! checksums right, a protective MBR that says nothing else, no entry beyond the usable
//! sectors or over another. Whoever gets an error keeps the disk as an image.
//!
//! Memory and time: at most 128 entries of 128 bytes.

mod error;
mod gpt_entry;
mod gpt_header;
mod part;
mod protective_mbr;

use crate::number::narrow;
use gpt_entry::GptEntry;
use gpt_header::GptHeader;
use qib_ext4::BlockReader;
use std::ops::Range;

pub use error::{GptError, Result};
pub use part::Part;

/// The sectors that disks have, in bytes.
const SECTOR_BYTES: [u64; 2] = [512, 4096];

/// The places of all partitions in bytes, in their order on the disk.
///
/// # Errors
/// [`GptError`] says what is not as it must be, or that the disk can not be read.
pub fn partitions(disk: &impl BlockReader) -> Result<Vec<Range<u64>>> {
    let mut untrusted_mbr = [0; protective_mbr::BYTES];
    read(disk, 0, &mut untrusted_mbr)?;
    protective_mbr::check(&untrusted_mbr)?;
    let (sector_bytes, untrusted_sector) = header_sector(disk)?;
    let sectors = disk.size() / sector_bytes;
    let header = GptHeader::decode(&untrusted_sector, sectors, sector_bytes)?;
    let mut untrusted_entries = vec![0; header.entries_length()];
    let place = header.entries_sector.saturating_mul(sector_bytes);
    read(disk, place, &mut untrusted_entries)?;
    header.check_entries(&untrusted_entries)?;
    let mut found = Vec::new();
    for untrusted_entry in untrusted_entries.chunks_exact(gpt_entry::BYTES) {
        if let Some(entry) = GptEntry::decode(untrusted_entry, &header)? {
            found.push(entry.bytes(sector_bytes));
        }
    }
    found.sort_unstable_by_key(|range| range.start);
    let mut pairs = found.windows(2);
    if pairs.any(|pair| matches!(pair, [one, next] if next.start < one.end)) {
        return Err(GptError::Overlap);
    }
    Ok(found)
}

/// The sector with the header, and how long sectors are: the one length whose second
/// sector has the signature.
fn header_sector(disk: &impl BlockReader) -> Result<(u64, Vec<u8>)> {
    let mut found = None;
    for sector_bytes in SECTOR_BYTES {
        let mut untrusted_sector = vec![0; narrow(sector_bytes)];
        read(disk, sector_bytes, &mut untrusted_sector)?;
        let signed = untrusted_sector.starts_with(gpt_header::SIGNATURE);
        if signed && found.replace((sector_bytes, untrusted_sector)).is_some() {
            return Err(GptError::TwoHeaders);
        }
    }
    found.ok_or(GptError::Signature)
}

fn read(disk: &impl BlockReader, offset: u64, buffer: &mut [u8]) -> Result<()> {
    let end = offset.checked_add(crate::number::wide(buffer.len()));
    if end.is_none_or(|end| end > disk.size()) {
        return Err(GptError::BeyondDisk);
    }
    disk.read_at(offset, buffer).map_err(GptError::Io)
}

#[cfg(test)]
mod tests;
