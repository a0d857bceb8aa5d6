//! Writing chunks where they are wanted, in whatever order they come.

use super::spool::Spool;
use super::wants::{Want, Wants};
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::number::wide;
use qib_rpc::id::Digest;

/// What is filled with data: the files of a tree, or a volume. Shared by threads.
pub trait Filling: Sync {
    /// Where a chunk belongs.
    type Place;

    /// The places that want a chunk.
    fn wants(&self) -> &Wants<Self::Place>;

    /// The snapshot that says so.
    fn snapshot(&self) -> Digest;

    /// Writes a chunk to one place, whose length it has.
    ///
    /// # Errors
    /// When the volume can not be written.
    fn write(&self, place: &Self::Place, plain: &[u8]) -> Result<()>;

    /// Writes a chunk to all places that want it.
    ///
    /// # Errors
    /// When the snapshot lies about its length, or the volume can not be written.
    fn take(&self, chunk: &ChunkId, plain: &[u8]) -> Result<Written> {
        self.write_all(self.wants().meet(chunk), plain)
    }

    /// Writes what a manifest pack happened to hold of the data.
    ///
    /// # Errors
    /// As [`Filling::take`], or when the helper's disk fails.
    fn take_spool(&self, spool: &Spool, written: impl Fn(Written)) -> Result<()> {
        for chunk in spool.ids() {
            let met = self.wants().meet(&chunk);
            if let (false, Some(plain)) = (met.is_empty(), spool.get(&chunk)?) {
                written(self.write_all(met, &plain)?);
            }
        }
        Ok(())
    }

    /// Writes a chunk to these places.
    ///
    /// # Errors
    /// As [`Filling::take`].
    fn write_all(&self, met: &[Want<Self::Place>], plain: &[u8]) -> Result<Written> {
        let mut written = Written::default();
        for want in met {
            if u64::from(want.bytes) != wide(plain.len()) {
                let lie = FormatError::Damaged("a length that lies");
                return Err(Error::Object(self.snapshot(), lie));
            }
            self.write(&want.place, plain)?;
            written.files = written.files.saturating_add(u64::from(want.begins));
            written.bytes = written.bytes.saturating_add(wide(plain.len()));
        }
        Ok(written)
    }

    /// Nothing more comes.
    ///
    /// # Errors
    /// When data is still wanted.
    fn check_all_came(&self) -> Result<()> {
        if self.wants().all_met() {
            return Ok(());
        }
        let missing = FormatError::Damaged("data that no pack holds");
        Err(Error::Object(self.snapshot(), missing))
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    /// Files whose first chunk it was.
    pub files: u64,
    /// Bytes of file data.
    pub bytes: u64,
}
