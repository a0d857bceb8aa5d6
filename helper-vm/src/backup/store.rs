//! Storing chunks: what is stored already is only noted as needed.

use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::known::{Known, NO_PACK};
use crate::number::{short, wide};
use crate::pack::Place;
use crate::packing::Packing;
use crate::snapshot::Holds;
use qib_rpc::count::Counts;
use qib_rpc::key::ChunkKey;

/// Takes chunks and knows where everything lies.
pub struct Store {
    /// What is known.
    pub known: Known,
    /// What was done.
    pub counts: Counts,
    key: ChunkKey,
    packing: Packing,
    /// Number of packs sealed by this run.
    sealed_packs: u64,
    /// Bytes of packs sealed by this run.
    sealed_bytes: u64,
}

impl Store {
    /// Begins with what is known.
    pub fn new(known: Known, key: ChunkKey, packing: Packing) -> Self {
        Self {
            known,
            counts: Counts::default(),
            key,
            packing,
            sealed_packs: 0,
            sealed_bytes: 0,
        }
    }

    /// Stores a chunk unless it is stored, notes that this snapshot needs it,
    /// and returns its row.
    ///
    /// # Errors
    /// When a chunk could not be packed or stored.
    pub fn add(&mut self, holds: Holds, plain: &[u8]) -> Result<u32> {
        let id = ChunkId::of(&self.key, plain);
        let row = match self.known.chunks.row(&id) {
            Some(row) => row,
            None => self.add_new(holds, id, plain)?,
        };
        self.known.chunks.need(row, holds == Holds::Manifest);
        Ok(row)
    }

    fn add_new(&mut self, holds: Holds, id: ChunkId, plain: &[u8]) -> Result<u32> {
        let full = Error::VolumeTooLarge("more chunks than an index can hold");
        let length = short(plain.len()).ok_or(Error::Job("a chunk over any limit"))?;
        let place = Place {
            length,
            ..Place::default()
        };
        let row = self.known.chunks.add(id, NO_PACK, place).ok_or(full)?;
        self.counts.bytes_new = self.counts.bytes_new.saturating_add(wide(plain.len()));
        self.packing.push(holds, id, plain, row)?;
        self.note_sealed()?;
        Ok(row)
    }

    /// Closes all packs and notes where everything lies.
    ///
    /// # Errors
    /// When a chunk could not be packed or stored.
    pub fn flush(&mut self) -> Result<()> {
        self.packing.flush()?;
        self.note_sealed()
    }

    /// Number of packs sealed by this run.
    pub fn sealed_packs(&self) -> u64 {
        self.sealed_packs
    }

    /// Bytes of packs sealed by this run.
    pub fn sealed_bytes(&self) -> u64 {
        self.sealed_bytes
    }

    fn note_sealed(&mut self) -> Result<()> {
        while let Some(pack) = self.packing.sealed()? {
            let number = self.known.packs.add_stored(pack.digest, pack.bytes);
            for placed in &pack.placed {
                self.known.chunks.put(placed.tag, number, placed.place);
            }
            self.sealed_packs = self.sealed_packs.saturating_add(1);
            self.sealed_bytes = self.sealed_bytes.saturating_add(pack.bytes);
        }
        Ok(())
    }
}
