//! The manifest's chunks on the helper's own disk: a manifest is walked from its
//! root, which was stored last, and may be larger than the helper's memory.

use super::opening::{Later, Take};
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::number::{narrow, short};
use crate::pack::Chunk;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where a chunk lies in the file.
#[derive(Clone, Copy, Debug)]
struct Row {
    at: u64,
    packed_bytes: u32,
    plain_bytes: u32,
}

/// Chunks whose ids were checked, in a file without a name. Shared by threads.
#[derive(Debug)]
pub struct Spool {
    file: File,
    table: Mutex<Table>,
    unpacking: Mutex<Unpacking>,
}

/// What decompresses chunks, made once.
struct Unpacking(zstd::bulk::Decompressor<'static>);

impl std::fmt::Debug for Unpacking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacking")
    }
}

#[derive(Debug, Default)]
struct Table {
    end: u64,
    rows: HashMap<ChunkId, Row>,
}

impl Spool {
    /// An empty spool.
    ///
    /// # Errors
    /// When the helper's disk fails.
    pub fn new() -> Result<Self> {
        let unpacking = zstd::bulk::Decompressor::new().map_err(Error::Helper)?;
        Ok(Self {
            file: tempfile::tempfile_in("/var/tmp").map_err(Error::Helper)?,
            table: Mutex::default(),
            unpacking: Mutex::new(Unpacking(unpacking)),
        })
    }

    /// Adds a chunk.
    ///
    /// # Errors
    /// When the helper's disk fails.
    pub fn add(&self, id: ChunkId, plain: &[u8]) -> Result<()> {
        if self.has(&id) {
            return Ok(());
        }
        let row = self.append(plain).map_err(Error::Helper)?;
        self.table().rows.insert(id, row);
        Ok(())
    }

    fn append(&self, plain: &[u8]) -> io::Result<Row> {
        let packed = zstd::bulk::compress(plain, 1)?;
        let too_long = || io::Error::from(io::ErrorKind::InvalidInput);
        let packed_bytes = short(packed.len()).ok_or_else(too_long)?;
        let plain_bytes = short(plain.len()).ok_or_else(too_long)?;
        let at = self.table().reserve(packed_bytes);
        self.file.write_all_at(&packed, at)?;
        Ok(Row {
            at,
            packed_bytes,
            plain_bytes,
        })
    }

    /// A chunk, if it is here.
    ///
    /// # Errors
    /// When the helper's disk fails.
    pub fn get(&self, id: &ChunkId) -> Result<Option<Vec<u8>>> {
        let row = self.table().rows.get(id).copied();
        row.map(|row| self.read(&row).map_err(Error::Helper))
            .transpose()
    }

    /// Whether a chunk is here.
    pub fn has(&self, id: &ChunkId) -> bool {
        self.table().rows.contains_key(id)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, row: &Row) -> io::Result<Vec<u8>> {
        let mut packed = vec![0; narrow(row.packed_bytes.into())];
        self.file.read_exact_at(&mut packed, row.at)?;
        let unpacking = self.unpacking.lock();
        let mut unpacking = unpacking.unwrap_or_else(PoisonError::into_inner);
        unpacking
            .0
            .decompress(&packed, narrow(row.plain_bytes.into()))
    }
}

impl Take for Spool {
    fn take<'g>(&'g self, chunks: &'g [Chunk<'g>]) -> Result<Later<'g>> {
        let mut chunks = chunks.iter();
        Ok(Box::new(move || {
            chunks.try_for_each(|(chunk, plain)| self.add(*chunk, plain))
        }))
    }
}

impl Table {
    /// Room at the end of the file.
    fn reserve(&mut self, bytes: u32) -> u64 {
        let at = self.end;
        self.end = at.saturating_add(bytes.into());
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_there() {
        let spool = Spool::new().unwrap();
        let chunks: Vec<Vec<u8>> = (0..9_u8).map(|n| vec![n; usize::from(n) * 1000]).collect();
        let id = |plain: &[u8]| ChunkId::new(*blake3::hash(plain).as_bytes());
        for plain in chunks.iter().chain(&chunks) {
            spool.add(id(plain), plain).unwrap();
        }
        for plain in &chunks {
            assert_eq!(spool.get(&id(plain)).unwrap().as_ref(), Some(plain));
        }
        assert_eq!(spool.get(&id(b"absent")).unwrap(), None);
        assert!(chunks.iter().all(|plain| spool.has(&id(plain))));
    }
}
