//! An entry of a GPT: one partition.

use super::error::{GptError, Result};
use super::gpt_header::GptHeader;
use crate::fields::Fields;
use std::ops::Range;

/// Its length.
pub(super) const BYTES: usize = 128;

/// A partition within the usable sectors.
pub(super) struct GptEntry {
    first_sector: u64,
    last_sector: u64,
}

impl GptEntry {
    /// Decodes an entry; none for one that is not used.
    pub(super) fn decode(untrusted_entry: &[u8], header: &GptHeader) -> Result<Option<Self>> {
        let mut fields = Fields::new(untrusted_entry);
        let mut raw = || {
            let (kind, _own_guid) = (fields.array::<16>()?, fields.array::<16>()?);
            Some((kind, fields.u64()?, fields.u64()?))
        };
        let (kind, first_sector, last_sector) = raw().ok_or(GptError::EntryLength)?;
        if kind == [0; 16] {
            return Ok(None);
        }
        let usable = &header.usable;
        let inside = usable.contains(&first_sector) && usable.contains(&last_sector);
        if !inside || last_sector < first_sector {
            return Err(GptError::EntryPlace);
        }
        Ok(Some(Self {
            first_sector,
            last_sector,
        }))
    }

    /// Its place on the disk.
    pub(super) fn bytes(&self, sector_bytes: u64) -> Range<u64> {
        let end = self.last_sector.saturating_add(1);
        self.first_sector.saturating_mul(sector_bytes)..end.saturating_mul(sector_bytes)
    }
}
