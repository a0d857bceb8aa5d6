//! What lies already where a chunk belongs: an interrupted restore wrote it, perhaps.

use super::fill::{FreshFill, InFresh};
use crate::error::{Error, Result};
use crate::number::{narrow, wide};
use crate::restore::wants::Want;
use qib_ext4::BlockReader;
use qib_ext4_writer::Placed;
use qib_rpc::key::ChunkKey;

impl FreshFill<'_> {
    /// Whether a place has its chunk, with the zeros around it. A file that has no blocks yet is
    /// looked for where it would get them now, and gets them if it is there.
    ///
    /// # Errors
    /// When the volume can not be read.
    pub(super) fn lies_there(&self, want: &Want<InFresh>, key: &ChunkKey) -> Result<bool> {
        let (number, placed) = match want.place {
            InFresh::Beside(at) => return want.lies_in(self.device.file, at, key),
            InFresh::File(number, placed) => (number, placed),
        };
        let first = self.files().would_be_first(number);
        let is_there = self.has(want, self.at(first, placed), placed, key)?;
        if is_there {
            self.place(number, placed)?;
        }
        Ok(is_there)
    }

    fn has(&self, want: &Want<InFresh>, at: u64, placed: Placed, key: &ChunkKey) -> Result<bool> {
        let Some(length) = want.readable_bytes() else {
            return Ok(false);
        };
        let (before, behind) = (placed.zeros_before.into(), placed.zeros_behind.into());
        let end = narrow(before).saturating_add(length);
        let mut bytes = vec![0; end.saturating_add(narrow(behind))];
        let mut rest = bytes.as_mut_slice();
        for (offset, length) in self.space.spans(at, wide(rest.len())) {
            let Some((now, later)) = rest.split_at_mut_checked(narrow(length)) else {
                return Ok(false);
            };
            self.device.read_at(offset, now).map_err(Error::Target)?;
            rest = later;
        }
        if !rest.is_empty() {
            return Ok(false);
        }
        let plain = bytes.get(narrow(before)..end).unwrap_or_default();
        let around = [bytes.get(..narrow(before)), bytes.get(end..)];
        let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        Ok(around.into_iter().flatten().all(is_zero) && want.is(plain, key))
    }
}
