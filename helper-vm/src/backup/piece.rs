//! Collecting the entries of one folder into pieces.

use super::contents;
use super::store::Store;
use crate::archive;
use crate::error::{Error, Result};
use crate::manifest::{self, Entry, MAX_PIECE_BYTES, Part};
use crate::number::wide;
use crate::snapshot::Holds;
use qib_rpc::key::CutKey;

/// No piece ends by choice before this many bytes.
const MIN_PIECE_BYTES: usize = 256 << 10;

/// tar's end, in bytes.
const END_BYTES: usize = 2 * archive::BLOCK_BYTES;

/// The pieces of one folder.
#[derive(Default)]
pub struct Pieces {
    open: Vec<u8>,
    done: Vec<Part>,
}

impl Pieces {
    /// Adds the next entry, in the order of names.
    ///
    /// # Errors
    /// When a piece could not be stored, or the entry is larger than any piece.
    pub fn add(&mut self, store: &mut Store, key: &CutKey, entry: &Entry) -> Result<()> {
        let start = self.open.len();
        manifest::append(&mut self.open, entry);
        if self.open.len() > MAX_PIECE_BYTES - END_BYTES {
            let last = self.open.split_off(start);
            if self.open.is_empty() || last.len() > MAX_PIECE_BYTES - END_BYTES {
                return Err(Error::VolumeTooLarge(
                    "an entry larger than a manifest can hold",
                ));
            }
            self.close(store)?;
            self.open = last;
        }
        if self.open.len() >= MIN_PIECE_BYTES && ends_piece(key, entry.name.bytes()) {
            self.close(store)?;
        }
        Ok(())
    }

    /// What to list as the folder's pieces.
    ///
    /// # Errors
    /// When a piece could not be stored.
    pub fn finish(mut self, store: &mut Store) -> Result<Vec<Part>> {
        if !self.open.is_empty() {
            self.close(store)?;
        }
        contents::folded(store, self.done)
    }

    fn close(&mut self, store: &mut Store) -> Result<()> {
        archive::end(&mut self.open);
        let row = store.add(Holds::Manifest, &self.open)?;
        let id = store.known.chunks.id(row);
        let id = id.ok_or(Error::Job("a piece that was not stored"))?;
        self.done.push(Part::Chunk(id, wide(self.open.len())));
        self.open.clear();
        Ok(())
    }
}

/// One name in 256 ends a piece: with the usual two KiB an entry, and the least
/// length, pieces come near 1 MiB. Names decide, so that a new entry changes
/// the piece that it falls into and no other.
fn ends_piece(key: &CutKey, name: &[u8]) -> bool {
    let hash = blake3::keyed_hash(key.expose(), name);
    hash.as_bytes().first() == Some(&0)
}
