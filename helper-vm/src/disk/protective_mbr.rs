//! The MBR of a disk with a GPT: one entry that says so, and nothing else. With any other
//! entry (a "hybrid" MBR) two tables describe the disk, and who starts from it may go by either.

use super::error::{GptError, Result};
use crate::fields::Fields;

/// Its length.
pub(super) const BYTES: usize = 512;

/// Where the four entries stand, and how long each is.
const ENTRIES: std::ops::Range<usize> = 446..510;
const ENTRY_BYTES: usize = 16;

/// The kind of an entry for a GPT.
const GPT: u8 = 0xEE;

/// The sector where it begins: that of the header.
const FIRST_SECTOR: u32 = 1;

/// Checks an MBR.
pub(super) fn check(untrusted_mbr: &[u8; BYTES]) -> Result<()> {
    let untrusted_entries = untrusted_mbr.get(ENTRIES).unwrap_or_default();
    let mut kinds = untrusted_entries.chunks_exact(ENTRY_BYTES).map(kind);
    let protects = kinds.next() == Some(Some((GPT, FIRST_SECTOR)));
    let nothing_else = kinds.all(|kind| matches!(kind, Some((0, _))));
    if protects && nothing_else && untrusted_mbr.ends_with(&[0x55, 0xAA]) {
        Ok(())
    } else {
        Err(GptError::ProtectiveMbr)
    }
}

/// The kind of an entry and the sector where it begins.
fn kind(untrusted_entry: &[u8]) -> Option<(u8, u32)> {
    let mut fields = Fields::new(untrusted_entry);
    let [_flag, _, _, _, kind, ..] = fields.array::<8>()?;
    Some((kind, fields.u32()?))
}
