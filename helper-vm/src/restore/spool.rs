//! The manifest's chunks on the helper's own disk: a manifest is walked from its
//! root, which was stored last, and may be larger than the helper's memory.

use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::number::{narrow, short, wide};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// Where a chunk lies in the file.
#[derive(Clone, Copy, Debug)]
struct Row {
    at: u64,
    packed_bytes: u32,
    plain_bytes: u32,
}

/// Chunks whose ids were checked, in a file without a name.
#[derive(Debug)]
pub struct Spool {
    file: File,
    end: u64,
    rows: HashMap<ChunkId, Row>,
}

impl Spool {
    /// An empty spool.
    ///
    /// # Errors
    /// When the helper's disk fails.
    pub fn new() -> Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in("/var/tmp").map_err(Error::Helper)?,
            end: 0,
            rows: HashMap::new(),
        })
    }

    /// Adds a chunk.
    ///
    /// # Errors
    /// When the helper's disk fails.
    pub fn add(&mut self, id: ChunkId, plain: &[u8]) -> Result<()> {
        if self.rows.contains_key(&id) {
            return Ok(());
        }
        let row = self.append(plain).map_err(Error::Helper)?;
        self.rows.insert(id, row);
        Ok(())
    }

    fn append(&mut self, plain: &[u8]) -> io::Result<Row> {
        let packed = zstd::bulk::compress(plain, 1)?;
        let too_long = || io::Error::from(io::ErrorKind::InvalidInput);
        let row = Row {
            at: self.end,
            packed_bytes: short(packed.len()).ok_or_else(too_long)?,
            plain_bytes: short(plain.len()).ok_or_else(too_long)?,
        };
        self.file.write_all(&packed)?;
        self.end = self.end.saturating_add(wide(packed.len()));
        Ok(row)
    }

    /// A chunk, if it is here.
    ///
    /// # Errors
    /// When the helper's disk fails.
    pub fn get(&self, id: &ChunkId) -> Result<Option<Vec<u8>>> {
        let Some(row) = self.rows.get(id) else {
            return Ok(None);
        };
        self.read(row).map(Some).map_err(Error::Helper)
    }

    /// The ids of all chunks.
    pub fn ids(&self) -> impl Iterator<Item = &ChunkId> {
        self.rows.keys()
    }

    fn read(&self, row: &Row) -> io::Result<Vec<u8>> {
        let mut packed = vec![0; narrow(row.packed_bytes.into())];
        self.file.read_exact_at(&mut packed, row.at)?;
        zstd::bulk::decompress(&packed, narrow(row.plain_bytes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_is_there() {
        let mut spool = Spool::new().unwrap();
        let chunks: Vec<Vec<u8>> = (0..9_u8).map(|n| vec![n; usize::from(n) * 1000]).collect();
        let id = |plain: &[u8]| ChunkId::new(*blake3::hash(plain).as_bytes());
        for plain in chunks.iter().chain(&chunks) {
            spool.add(id(plain), plain).unwrap();
        }
        for plain in &chunks {
            assert_eq!(spool.get(&id(plain)).unwrap().as_ref(), Some(plain));
        }
        assert_eq!(spool.get(&id(b"absent")).unwrap(), None);
        assert_eq!(spool.ids().count(), 9);
    }
}
