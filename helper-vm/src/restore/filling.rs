//! Writing chunks where they are wanted, in whatever order they come.

use super::opening::{Later, Take};
use super::resume::{Found, There};
use super::spool::Spool;
use super::wants::{Want, Wanted, Wants};
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::number::wide;
use crate::pack::Chunk;
use qib_rpc::id::Digest;
use qib_rpc::key::ChunkKey;

/// Told what was written.
pub type Count<'a> = &'a (dyn Fn(Written) + Sync);

/// What is filled with data: the files of a tree, or a volume. Shared by threads.
pub trait Filling: Sync {
    /// The chunks that are wanted.
    fn wanted(&self) -> &dyn Wanted;

    /// The snapshot that says so.
    fn snapshot(&self) -> Digest;

    /// Takes chunks, of which it needs some or none; what is left to do may be done beside what
    /// comes next.
    ///
    /// # Errors
    /// When the snapshot lies about a length, or the volume can not be written.
    fn take<'g>(&'g self, chunks: &'g [Chunk<'g>], count: Count<'g>) -> Result<Later<'g>>;

    /// Meets the wants of a chunk if it lies already wherever it is wanted, and says then what that
    /// is; nothing does on a volume that is made anew each time.
    ///
    /// # Errors
    /// When the volume can not be read.
    fn find(&self, _chunk: &ChunkId, _key: &ChunkKey) -> Result<Option<Written>> {
        Ok(None)
    }

    /// Nothing more comes.
    ///
    /// # Errors
    /// When data is still wanted.
    fn check_all_came(&self) -> Result<()> {
        if self.wanted().all_met() {
            return Ok(());
        }
        let missing = FormatError::Damaged("data that no pack holds");
        Err(Error::Object(self.snapshot(), missing))
    }
}

/// What is filled, and who is told.
pub struct Told<'a, F> {
    /// What is filled.
    pub filling: &'a F,
    /// Told what was written.
    pub count: Count<'a>,
    /// Keys chunk ids.
    pub key: &'a ChunkKey,
}

impl<F: Filling> Told<'_, F> {
    /// Takes what a manifest pack happened to hold of the data, in the order of ids.
    ///
    /// # Errors
    /// As [`Filling::take`], or when the helper's disk fails.
    pub fn take_spool(&self, spool: &Spool) -> Result<()> {
        let mut wanted = self.filling.wanted().unmet();
        wanted.retain(|chunk| spool.has(chunk));
        for chunk in wanted {
            if let Some(plain) = spool.get(&chunk)? {
                self.take(&[(chunk, &plain)])?()?;
            }
        }
        Ok(())
    }
}

impl<F: Filling> There for Told<'_, F> {
    fn look(&self, prefix: u32) -> Result<Found> {
        let mut found = Found::NotWanted;
        for chunk in self.filling.wanted().unmet_with(prefix) {
            match self.filling.find(&chunk, self.key)? {
                Some(written) => {
                    (self.count)(written);
                    return Ok(Found::There);
                }
                None => found = Found::Lacking,
            }
        }
        Ok(found)
    }

    fn lacks(&self, prefix: u32) -> bool {
        !self.filling.wanted().unmet_with(prefix).is_empty()
    }
}

impl<F: Filling> Take for Told<'_, F> {
    fn take<'g>(&'g self, chunks: &'g [Chunk<'g>]) -> Result<Later<'g>> {
        self.filling.take(chunks, self.count)
    }
}

/// Writes chunks to all places that want them, by `write`, one by one.
pub fn write_each<'g, P>(
    wants: &'g Wants<P>,
    snapshot: Digest,
    chunks: &'g [Chunk<'g>],
    count: Count<'g>,
    write: impl Fn(&P, &[u8]) -> Result<()> + 'g,
) -> Later<'g> {
    Box::new(move || {
        for (chunk, plain) in chunks {
            for want in wants.meet(chunk) {
                check_length(want, plain, snapshot)?;
                write(&want.place, plain)?;
                count(Written::of(want));
            }
        }
        Ok(())
    })
}

/// A chunk must have the length that the manifest says.
///
/// # Errors
/// When it has another.
pub fn check_length<P>(want: &Want<P>, plain: &[u8], snapshot: Digest) -> Result<()> {
    if u64::from(want.bytes) == wide(plain.len()) {
        return Ok(());
    }
    let lie = FormatError::Damaged("a length that lies");
    Err(Error::Object(snapshot, lie))
}

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    /// Files whose first chunk it was.
    pub files: u64,
    /// Bytes of file data.
    pub bytes: u64,
}

impl Written {
    /// That a chunk came to a place that wanted it.
    pub fn of<P>(want: &Want<P>) -> Self {
        Self {
            files: u64::from(want.begins),
            bytes: want.bytes.into(),
        }
    }

    /// That more was written.
    pub fn add(&mut self, more: Self) {
        self.files = self.files.saturating_add(more.files);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}
