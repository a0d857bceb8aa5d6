//! What is left of a snapshot where packs are lost: files that are whole, and folders whose names are
//! all there.

use crate::chunk_id::ChunkId;
use crate::error::Result;
use crate::format_error::FormatError;
use crate::manifest::{Content, Part};
use crate::restore::runs::each_run;
use crate::restore::walk::{Manifest, Stopped, list};

/// A small manifest can name the same list again and again: no more pieces of folders are looked for.
const MOST_PIECES: u64 = 1 << 24;

/// A manifest of which, and of whose files, chunks may be lost.
pub trait MayLack: Manifest {
    /// Whether a chunk is there.
    ///
    /// # Errors
    /// When that can not be found out.
    fn has(&self, chunk: &ChunkId) -> Result<bool>;
}

/// Tells what is left.
pub struct Left<'a> {
    manifest: &'a dyn MayLack,
    pieces_left: u64,
}

impl<'a> Left<'a> {
    /// Begins.
    pub const fn new(manifest: &'a dyn MayLack) -> Self {
        Self {
            manifest,
            pieces_left: MOST_PIECES,
        }
    }

    /// Whether all pieces of a folder are there.
    ///
    /// # Errors
    /// When a list lies, or can not be had; so with [`Self::file`].
    pub fn has_folder(&mut self, parts: &[Part]) -> std::result::Result<bool, Stopped> {
        for part in parts {
            let pieces = match part {
                Part::List(id, bytes) if self.manifest.has(id)? => list(self.manifest, id, *bytes)?,
                Part::List(..) => return Ok(false),
                piece => vec![*piece],
            };
            for piece in pieces {
                let left = self.pieces_left.checked_sub(1);
                self.pieces_left = left.ok_or(FormatError::Damaged("folders of endless pieces"))?;
                if let Part::Chunk(id, _) = piece
                    && !self.manifest.has(&id)?
                {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Whether a file of at most so many bytes is whole, and how long it is: 0 where nobody knows.
    ///
    /// # Errors
    /// As [`Self::has_folder`].
    pub fn has_file(
        &self,
        content: &Content,
        most: u64,
    ) -> std::result::Result<(bool, u64), Stopped> {
        for part in &content.parts {
            if let Part::List(id, _) = part
                && !self.manifest.has(id)?
            {
                return Ok((false, 0));
            }
        }
        let mut is_whole = true;
        let bytes = each_run(self.manifest, content, most, |run| {
            is_whole = is_whole && self.manifest.has(&run.chunk)?;
            Ok(())
        })?;
        Ok((is_whole, bytes))
    }
}
