//! Taking the rows of an index object into the tables.

use super::{Known, ObjectRows, Rows};
use crate::chunk_id::ChunkId;
use crate::index::{
    self, ChunkRow, FileKey, Folder, IndexSink, Parent, RulesMark, Stretch, push_stretch, stretches,
};
use crate::number::place;
use qib_rpc::id::Digest;

/// Takes the rows of one index object. Rows about packs that are not live are
/// dropped; folders and files that refer to such rows stay and are distrusted,
/// so that a live inode that looks like one is seen as changed. Folders are
/// dropped when other rules held for them.
pub struct Loader<'a> {
    known: &'a mut Known,
    packs: Vec<Option<u32>>,
    chunks: Vec<Option<u32>>,
    words: Vec<u32>,
    rows: ObjectRows,
    rules: Option<RulesMark>,
    same_rules: bool,
}

impl<'a> Loader<'a> {
    /// Begins with the next index object. Without rules, all folders are dropped.
    pub fn new(known: &'a mut Known, rules: Option<RulesMark>) -> Self {
        Self {
            rows: known.end(),
            known,
            packs: Vec::new(),
            chunks: Vec::new(),
            words: Vec::new(),
            rules,
            same_rules: false,
        }
    }

    /// The object is read to its end.
    pub fn finish(self) {
        self.known.objects.push(self.rows);
    }

    fn count(&mut self, bytes: u64) {
        self.rows.bytes = self.rows.bytes.saturating_add(bytes);
    }

    fn chunk_row(&self, number: u32) -> Option<u32> {
        *self.chunks.get(place(number))?
    }

    fn translate(&mut self, untranslated: &[u32]) -> Option<()> {
        self.words.clear();
        for stretch in stretches(untranslated) {
            let stretch = match stretch? {
                Stretch::Chunk(number) => Stretch::Chunk(self.chunk_row(number)?),
                hole @ Stretch::Hole(_) => hole,
            };
            push_stretch(&mut self.words, stretch).then_some(())?;
        }
        Some(())
    }
}

impl IndexSink for Loader<'_> {
    fn rules(&mut self, rules: RulesMark) {
        self.same_rules = self.rules == Some(rules);
    }

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

    fn folder(&mut self, key: FileKey, parent: Parent, mut folder: Folder) {
        let pieces = folder.pieces.iter().map(|piece| self.chunk_row(*piece));
        let pieces: Option<Vec<u32>> = pieces.collect();
        let whole = pieces.is_some();
        folder.pieces = pieces.unwrap_or_default();
        let words = folder.words().unwrap_or_default();
        self.count(index::inode_row_bytes(&words));
        if self.same_rules {
            take(&mut self.known.folders, key, parent, &words, whole);
        }
    }

    fn file(&mut self, key: FileKey, parent: Parent, words: &[u32]) {
        self.count(index::inode_row_bytes(words));
        let whole = self.translate(words).is_some();
        take(&mut self.known.files, key, parent, &self.words, whole);
    }
}

fn take(rows: &mut Rows, key: FileKey, parent: Parent, words: &[u32], whole: bool) {
    let unplaced = parent == Parent::Unknown;
    let last = rows.row(key.inode).filter(|_| unplaced);
    let parent = last.map_or(parent, |last| rows.parent(last));
    let Some(row) = rows.add(key, parent, if whole { words } else { &[] }) else {
        return;
    };
    if !whole {
        rows.distrust(row);
    }
    if unplaced {
        rows.unplace(row);
    }
}
