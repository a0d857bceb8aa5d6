//! The pieces of the folders of a smaller manifest. They are never stored.

use crate::archive;
use crate::chunk_id::ChunkId;
use crate::error::Result;
use crate::manifest::{self, Entry, MAX_PIECE_BYTES, Part};
use crate::number::wide;
use crate::restore::spool::Spool;
use qib_rpc::key::ChunkKey;

/// A piece ends once it has this many bytes, or half as many where a folder follows: then
/// deep trees hold little.
const PIECE_BYTES: usize = 256 << 10;

/// tar's end, in bytes.
const END_BYTES: usize = 2 * archive::BLOCK_BYTES;

/// Parts that a folder's entry names itself; of more it names lists.
const MAX_PARTS: usize = 2048;

/// Lines of a list.
const LIST_LINES: usize = 16 << 10;

/// Where pieces go.
#[derive(Clone, Copy)]
pub struct Store<'a> {
    /// What holds them.
    pub spool: &'a Spool,
    /// Keys their ids.
    pub key: &'a ChunkKey,
}

impl Store<'_> {
    fn add(self, plain: &[u8]) -> Result<(ChunkId, u64)> {
        let id = ChunkId::of(self.key, plain);
        self.spool.add(id, plain)?;
        Ok((id, wide(plain.len())))
    }
}

/// The pieces of one folder.
#[derive(Debug, Default)]
pub struct Pieces {
    open: Vec<u8>,
    done: Vec<Part>,
}

impl Pieces {
    /// True when there is no entry.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.done.is_empty()
    }

    /// Adds the next entry.
    ///
    /// # Errors
    /// When the helper's disk fails.
    pub fn add(&mut self, store: Store<'_>, entry: &Entry) -> Result<()> {
        let start = self.open.len();
        manifest::append(&mut self.open, entry);
        if self.open.len() > MAX_PIECE_BYTES - END_BYTES && start > 0 {
            let last = self.open.split_off(start);
            self.close(store)?;
            self.open = last;
        }
        self.close_over(store, PIECE_BYTES)
    }

    /// Something else comes before the next entry.
    ///
    /// # Errors
    /// When the helper's disk fails.
    pub fn rest(&mut self, store: Store<'_>) -> Result<()> {
        self.close_over(store, PIECE_BYTES / 2)
    }

    /// What to list as the folder's pieces.
    ///
    /// # Errors
    /// When the helper's disk fails.
    pub fn finish(mut self, store: Store<'_>) -> Result<Vec<Part>> {
        self.close_over(store, 1)?;
        if self.done.len() <= MAX_PARTS {
            return Ok(self.done);
        }
        let lists = self.done.chunks(LIST_LINES).map(|parts| {
            let mut text = Vec::new();
            parts.iter().for_each(|part| part.append(&mut text));
            let (id, bytes) = store.add(&text)?;
            Ok(Part::List(id, bytes))
        });
        lists.collect()
    }

    fn close_over(&mut self, store: Store<'_>, bytes: usize) -> Result<()> {
        if self.open.len() >= bytes {
            self.close(store)
        } else {
            Ok(())
        }
    }

    fn close(&mut self, store: Store<'_>) -> Result<()> {
        archive::end(&mut self.open);
        let (id, bytes) = store.add(&self.open)?;
        self.done.push(Part::Chunk(id, bytes));
        self.open.clear();
        Ok(())
    }
}
