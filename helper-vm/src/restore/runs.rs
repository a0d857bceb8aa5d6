//! A file's content as runs of data at offsets, its lists resolved.

use super::walk::{Manifest, Stopped, list};
use crate::chunk_id::ChunkId;
use crate::format_error::FormatError;
use crate::manifest::{Content, Part};

/// No file system that qib reads has smaller blocks, in bytes. A file cut finer
/// than that would be a small snapshot that fills a large memory.
const LEAST_BLOCK_BYTES: u64 = 1024;

/// Data of a file: the chunk and where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The data.
    pub chunk: ChunkId,
    /// Offset in the file.
    pub at: u64,
    /// Length of the chunk.
    pub bytes: u64,
}

/// Hands the runs of a file to `take` and returns the file's size.
///
/// # Errors
/// When a list is missing or lies, the file is longer than `most` bytes, or
/// what `take` returns.
pub fn each_run(
    manifest: &dyn Manifest,
    content: &Content,
    most: u64,
    take: impl FnMut(Run) -> Result<(), Stopped>,
) -> Result<u64, Stopped> {
    let mut runs = Runs {
        at: 0,
        most,
        chunks: 0,
        data_bytes: 0,
        after_hole: false,
        take,
    };
    for part in &content.parts {
        match part {
            Part::List(id, bytes) => {
                for part in list(manifest, id, *bytes)? {
                    runs.part(part)?;
                }
            }
            part => runs.part(*part)?,
        }
    }
    Ok(runs.at)
}

struct Runs<F> {
    at: u64,
    most: u64,
    chunks: u64,
    data_bytes: u64,
    after_hole: bool,
    take: F,
}

impl<F: FnMut(Run) -> Result<(), Stopped>> Runs<F> {
    fn part(&mut self, part: Part) -> Result<(), Stopped> {
        let at = self.at;
        let bytes = match part {
            Part::Chunk(_, bytes) | Part::Hole(bytes) => bytes,
            Part::List(..) => return Err(FormatError::Damaged("a list in a list").into()),
        };
        self.at = at
            .checked_add(bytes)
            .filter(|end| *end <= self.most)
            .ok_or(FormatError::Damaged(
                "a file larger than the snapshot counts",
            ))?;
        match part {
            Part::Chunk(chunk, _) => self.data(Run { chunk, at, bytes }),
            _ => self.hole(),
        }
    }

    fn data(&mut self, run: Run) -> Result<(), Stopped> {
        self.after_hole = false;
        self.data_bytes = self.data_bytes.saturating_add(run.bytes);
        // The last chunk may be short.
        if self.chunks > self.data_bytes / LEAST_BLOCK_BYTES {
            return Err(FormatError::Damaged("a file cut finer than any volume").into());
        }
        self.chunks = self.chunks.saturating_add(1);
        (self.take)(run)
    }

    fn hole(&mut self) -> Result<(), Stopped> {
        if self.after_hole {
            return Err(FormatError::Damaged("a hole after a hole").into());
        }
        self.after_hole = true;
        Ok(())
    }
}
