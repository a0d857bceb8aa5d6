//! A revoke block: names blocks whose older copies are not to be used any more.

use crate::error::{Error, Fault, Site};
use crate::journal_checksum::check_tail;
use crate::journal_fields::JournalFields;
use crate::journal_header;
use crate::journal_super_block::JournalSuperBlock;

const RECORDS_AT: usize = 16;

/// The records of one revoke block. **Invariant:** they lie before its checksum.
pub(crate) struct JournalRevoke<'a> {
    untrusted_records: &'a [u8],
    wide: bool,
}

impl<'a> JournalRevoke<'a> {
    pub(crate) fn decode(
        untrusted_block: &'a [u8],
        sb: &JournalSuperBlock,
        site: Site,
    ) -> Result<Self, Error> {
        let (_, end) = check_tail(untrusted_block, sb.checksums.seed(), site)?;
        let fields = JournalFields::new(untrusted_block, site);
        let used = usize::try_from(fields.u32(journal_header::LENGTH)?).unwrap_or(usize::MAX);
        if used > end {
            return Err(site.fault(Fault::Size));
        }
        let records = fields.slice(RECORDS_AT, used.saturating_sub(RECORDS_AT))?;
        Ok(Self {
            untrusted_records: records,
            wide: sb.bits_64,
        })
    }

    /// Not asked when the records are: a block that is left from an older journal may be wrong.
    pub(crate) fn checksum_is_right(
        untrusted_block: &[u8],
        sb: &JournalSuperBlock,
        site: Site,
    ) -> Result<bool, Error> {
        Ok(check_tail(untrusted_block, sb.checksums.seed(), site)?.0)
    }

    /// The numbers of the blocks, which need not be in the volume.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = u64> + '_ {
        let length = if self.wide { 8 } else { 4 };
        let records = self.untrusted_records.chunks_exact(length);
        records.map(|record| {
            record
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte))
        })
    }
}
