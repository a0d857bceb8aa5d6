//! Taking the rows of an index object into the tables.

use super::{Known, ObjectRows};
use crate::chunk_id::ChunkId;
use crate::index::{self, ChunkRow, FileKey, IndexSink, Stretch, push_stretch, stretches};
use crate::number::place;
use qib_rpc::id::Digest;

/// Takes the rows of one index object. Rows about packs that are not live, and
/// files that refer to such rows, are dropped.
pub struct Loader<'a> {
    known: &'a mut Known,
    packs: Vec<Option<u32>>,
    chunks: Vec<Option<u32>>,
    words: Vec<u32>,
    rows: ObjectRows,
}

impl<'a> Loader<'a> {
    /// Begins with the next index object.
    pub fn new(known: &'a mut Known) -> Self {
        let rows = ObjectRows {
            chunks_from: known.chunks.len(),
            files_from: known.files.len(),
            bytes: 0,
        };
        Self {
            known,
            packs: Vec::new(),
            chunks: Vec::new(),
            words: Vec::new(),
            rows,
        }
    }

    /// The object is read to its end.
    pub fn finish(self) {
        self.known.objects.push(self.rows);
    }

    fn count(&mut self, bytes: u64) {
        self.rows.bytes = self.rows.bytes.saturating_add(bytes);
    }

    fn translate(&mut self, untranslated: &[u32]) -> Option<()> {
        self.words.clear();
        for stretch in stretches(untranslated) {
            let stretch = match stretch? {
                Stretch::Chunk(number) => Stretch::Chunk((*self.chunks.get(place(number))?)?),
                hole @ Stretch::Hole(_) => hole,
            };
            push_stretch(&mut self.words, stretch).then_some(())?;
        }
        Some(())
    }
}

impl IndexSink for Loader<'_> {
    fn pack(&mut self, digest: Digest) {
        self.packs.push(self.known.packs.row(&digest));
    }

    fn chunk(&mut self, row: ChunkRow) {
        self.count(index::CHUNK_ROW_BYTES);
        let pack = self.packs.get(place(row.pack)).copied().flatten();
        let known = &mut self.known.chunks;
        let number = pack.and_then(|pack| {
            let there = known.row(&row.id);
            there.or_else(|| known.add(row.id, pack, row.place))
        });
        self.chunks.push(number);
    }

    fn borrowed(&mut self, id: ChunkId) {
        self.chunks.push(self.known.chunks.row(&id));
    }

    fn file(&mut self, key: FileKey, words: &[u32]) {
        self.count(index::file_row_bytes(words));
        if self.translate(words).is_some() {
            let _row = self.known.files.add(key, &self.words);
        }
    }
}
