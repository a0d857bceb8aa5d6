//! The table of chunks: 57 bytes a row, the map included.

use crate::bits::Bits;
use crate::chunk_id::ChunkId;
use crate::number::{place, short};
use crate::pack::Place;
use hashbrown::HashTable;

/// Stands for the pack of a chunk that is still on its way into one.
pub const NO_PACK: u32 = u32::MAX;

/// The largest number of chunks: file contents refer to them in 31 bits.
const MAX_ROWS: u32 = 1 << 31;

/// The table of chunks.
#[derive(Default)]
pub struct Chunks {
    ids: Vec<ChunkId>,
    packs: Vec<u32>,
    places: Vec<Place>,
    by_id: HashTable<u32>,
    used: Bits,
    used_by_manifest: Bits,
}

impl Chunks {
    /// The number of rows.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks that")]
    pub fn len(&self) -> u32 {
        short(self.ids.len()).unwrap_or(MAX_ROWS)
    }

    /// The row of a chunk.
    pub fn row(&self, id: &ChunkId) -> Option<u32> {
        self.by_id
            .find(hash(id), |row| self.ids.get(place(*row)) == Some(id))
            .copied()
    }

    /// Adds a chunk that is not in the table; `None` when the table is full.
    pub fn add(&mut self, id: ChunkId, pack: u32, lies_at: Place) -> Option<u32> {
        let row = self.len();
        if row >= MAX_ROWS {
            return None;
        }
        self.ids.push(id);
        self.packs.push(pack);
        self.places.push(lies_at);
        let ids = &self.ids;
        self.by_id
            .insert_unique(hash(&id), row, |row| ids.get(place(*row)).map_or(0, hash));
        Some(row)
    }

    /// Notes where a chunk came to lie.
    pub fn put(&mut self, row: u32, pack: u32, lies_at: Place) {
        if let Some(slot) = self.packs.get_mut(place(row)) {
            *slot = pack;
        }
        if let Some(slot) = self.places.get_mut(place(row)) {
            *slot = lies_at;
        }
    }

    /// Notes that this snapshot needs a chunk.
    pub fn need(&mut self, row: u32, by_manifest: bool) {
        self.used.insert(row);
        if by_manifest {
            self.used_by_manifest.insert(row);
        }
    }

    /// True when this snapshot needs the chunk.
    pub fn is_needed(&self, row: u32) -> bool {
        self.used.contains(row)
    }

    /// True when this snapshot needs the chunk as a piece or a list.
    pub fn is_needed_by_manifest(&self, row: u32) -> bool {
        self.used_by_manifest.contains(row)
    }

    /// The id in a row.
    pub fn id(&self, row: u32) -> Option<ChunkId> {
        self.ids.get(place(row)).copied()
    }

    /// Pack and place of a chunk.
    pub fn place(&self, row: u32) -> Option<(u32, Place)> {
        let at = place(row);
        Some((*self.packs.get(at)?, *self.places.get(at)?))
    }

    /// The length of a chunk in bytes.
    pub fn length(&self, row: u32) -> u64 {
        self.places
            .get(place(row))
            .map_or(0, |place| place.length.into())
    }
}

/// Ids are keyed hashes already.
fn hash(id: &ChunkId) -> u64 {
    id.bytes()
        .first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}
