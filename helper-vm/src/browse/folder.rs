//! A folder of a snapshot: one name of it, or all in their order.

use super::kept::Kept;
use super::snapshots::Opened;
use crate::chunk_id::ChunkId;
use crate::format_error::FormatError;
use crate::manifest::{self, Entry, Part};
use crate::restore::{Manifest, Stopped, chunk, list};
use std::io::{Read, Write};
use std::rc::Rc;

type Result<T> = std::result::Result<T, Stopped>;

/// No folder of more pieces is shown, for the same reason as with files.
const MOST_PIECES: usize = 1 << 20;

/// The pieces of a folder, in the order of the names in them.
pub struct Folder {
    pieces: Vec<(ChunkId, u64)>,
}

impl Folder {
    /// Resolves the lists.
    ///
    /// # Errors
    /// When one is missing, or what is listed are no pieces.
    pub fn new(manifest: &dyn Manifest, parts: &[Part]) -> Result<Self> {
        let mut pieces = Vec::new();
        for part in parts {
            match part {
                Part::Chunk(id, bytes) => pieces.push((*id, *bytes)),
                Part::List(id, bytes) => {
                    for part in list(manifest, id, *bytes)? {
                        let Part::Chunk(id, bytes) = part else {
                            return Err(hole());
                        };
                        pieces.push((id, bytes));
                    }
                }
                Part::Hole(_) => return Err(hole()),
            }
            if pieces.len() > MOST_PIECES {
                return Err(FormatError::Damaged("a folder of endless pieces").into());
            }
        }
        Ok(Self { pieces })
    }

    /// The entries of the piece at this place; none behind the last.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn piece<R: Read, W: Write>(
        &self,
        of: &Opened<'_, R, W>,
        kept: &mut Kept<[Entry]>,
        place: usize,
    ) -> Result<Option<Rc<[Entry]>>> {
        let Some((id, bytes)) = self.pieces.get(place) else {
            return Ok(None);
        };
        if let Some(entries) = kept.get(id) {
            return Ok(Some(entries));
        }
        let entries: Rc<[Entry]> = manifest::read(&chunk(&of.frames, id, *bytes)?, None)?.into();
        if entries.is_empty() {
            return Err(FormatError::Damaged("a piece without entries").into());
        }
        kept.keep(*id, Rc::clone(&entries), *bytes);
        Ok(Some(entries))
    }

    /// The entry of this name, if there is one. Names ascend: of a folder of a million names a
    /// dozen pieces are read.
    ///
    /// # Errors
    /// When a piece is missing or damaged.
    pub fn find<R: Read, W: Write>(
        &self,
        of: &Opened<'_, R, W>,
        kept: &mut Kept<[Entry]>,
        name: &[u8],
    ) -> Result<Option<Rc<Entry>>> {
        let (mut from, mut to) = (0, self.pieces.len());
        while from < to {
            let middle = from.midpoint(to);
            let Some(entries) = self.piece(of, kept, middle)? else {
                break;
            };
            match entries.binary_search_by(|entry| entry.name.bytes().cmp(name)) {
                Ok(at) => return Ok(entries.get(at).cloned().map(Rc::new)),
                Err(0) => to = middle,
                Err(at) if at == entries.len() => from = middle.saturating_add(1),
                Err(_) => break,
            }
        }
        Ok(None)
    }
}

fn hole() -> Stopped {
    FormatError::Damaged("a hole in a directory").into()
}
