//! Writing chunks where they are wanted, as packs bring them.

use super::fill::open_pack;
use super::packs::Pack;
use super::spool::Spool;
use super::wants::{Want, Wants};
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::number::wide;
use crate::seal::OpenWith;
use qib_rpc::count::Counts;
use qib_rpc::id::Digest;
use qib_rpc::key::ChunkKey;

/// What is filled with data: the files of a tree, or a volume.
pub trait Filling {
    /// The places that want a chunk.
    fn wants(&mut self) -> &mut Wants;

    /// The snapshot that says so.
    fn snapshot(&self) -> Digest;

    /// Writes a chunk to one place, whose length it has.
    ///
    /// # Errors
    /// When the volume can not be written.
    fn write(&mut self, want: Want, plain: &[u8], counts: &mut Counts) -> Result<()>;

    /// Writes what a manifest pack happened to hold of the data.
    ///
    /// # Errors
    /// When the volume can not be written.
    fn take_spool(&mut self, spool: &Spool, counts: &mut Counts) -> Result<()> {
        for chunk in spool.ids() {
            let met = self.wants().meet(chunk);
            if let (false, Some(plain)) = (met.is_empty(), spool.get(chunk)?) {
                self.take(met, &plain, counts)?;
            }
        }
        Ok(())
    }

    /// Writes what a pack holds of the data, every chunk checked.
    ///
    /// # Errors
    /// When the pack is damaged, or the volume can not be written.
    fn take_pack(
        &mut self,
        pack: &Pack,
        with: &OpenWith,
        key: &ChunkKey,
        counts: &mut Counts,
        each: impl Fn(&Counts),
    ) -> Result<()> {
        open_pack(pack, with, key, |chunk: ChunkId, plain| {
            let met = self.wants().meet(&chunk);
            self.take(met, plain, counts)?;
            each(counts);
            Ok(())
        })
    }

    /// Writes a chunk to all places that want it.
    ///
    /// # Errors
    /// When the snapshot lies about its length, or the volume can not be written.
    fn take(
        &mut self,
        met: std::ops::Range<usize>,
        plain: &[u8],
        counts: &mut Counts,
    ) -> Result<()> {
        for at in met {
            let Some(want) = self.wants().get(at) else {
                continue;
            };
            if u64::from(want.bytes) != wide(plain.len()) {
                let lie = FormatError::Damaged("a length that lies");
                return Err(Error::Object(self.snapshot(), lie));
            }
            self.write(want, plain, counts)?;
            counts.bytes_read = counts.bytes_read.saturating_add(wide(plain.len()));
        }
        Ok(())
    }

    /// Nothing more comes.
    ///
    /// # Errors
    /// When data is still wanted.
    fn check_all_came(&mut self) -> Result<()> {
        if self.wants().all_met() {
            return Ok(());
        }
        let missing = FormatError::Damaged("data that no pack holds");
        Err(Error::Object(self.snapshot(), missing))
    }
}
