//! A file's content as runs of data at offsets, its lists resolved.

use super::spool::Spool;
use super::walk::{Stopped, chunk};
use crate::chunk_id::ChunkId;
use crate::format_error::FormatError;
use crate::manifest::{Content, Part};

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
/// When a list is missing or lies, or the file is longer than `most` bytes.
pub fn each_run(
    spool: &Spool,
    content: &Content,
    most: u64,
    mut take: impl FnMut(Run),
) -> Result<u64, Stopped> {
    let mut at = 0;
    for part in &content.parts {
        match part {
            Part::List(id, bytes) => {
                for part in Part::list(&chunk(spool, id, *bytes)?)? {
                    at = run(part, at, most, &mut take)?;
                }
            }
            part => at = run(*part, at, most, &mut take)?,
        }
    }
    Ok(at)
}

fn run(part: Part, at: u64, most: u64, take: &mut impl FnMut(Run)) -> Result<u64, Stopped> {
    let bytes = match part {
        Part::Chunk(chunk, bytes) => {
            take(Run { chunk, at, bytes });
            bytes
        }
        Part::Hole(bytes) => bytes,
        Part::List(..) => return Err(FormatError::Damaged("a list in a list").into()),
    };
    at.checked_add(bytes)
        .filter(|end| *end <= most)
        .ok_or(FormatError::Damaged("a file larger than the snapshot counts").into())
}
