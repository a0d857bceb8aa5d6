//! The rows of an index object, as they were read.

use crate::fixed::{QUBE, SEAL_TO};
use qib_helper::chunk_id::ChunkId;
use qib_helper::cut;
use qib_helper::index::{
    ChunkRow, FileKey, Folder, IndexCounts, IndexSink, IndexWriter, InodeCounts, Parent, RulesMark,
    Stretch, stretches,
};
use qib_rpc::id::Digest;

/// All rows.
#[derive(Debug, Default, PartialEq)]
pub struct Tables {
    /// The rules that held.
    pub rules: Option<RulesMark>,
    /// The packs.
    pub packs: Vec<Digest>,
    /// The chunks in them.
    pub chunks: Vec<ChunkRow>,
    /// Chunks that an older object places.
    pub borrowed: Vec<ChunkId>,
    /// The folders.
    pub folders: Vec<(FileKey, Parent, Folder)>,
    /// The files, and what they consist of.
    pub files: Vec<(FileKey, Parent, Vec<u32>)>,
}

impl IndexSink for Tables {
    fn rules(&mut self, rules: RulesMark) {
        self.rules = Some(rules);
    }
    fn pack(&mut self, digest: Digest) {
        self.packs.push(digest);
    }
    fn chunk(&mut self, row: ChunkRow) {
        self.chunks.push(row);
    }
    fn borrowed(&mut self, id: ChunkId) {
        self.borrowed.push(id);
    }
    fn folder(&mut self, key: FileKey, parent: Parent, folder: Folder) {
        self.folders.push((key, parent, folder));
    }
    fn file(&mut self, key: FileKey, parent: Parent, words: &[u32]) {
        self.files.push((key, parent, words.to_vec()));
    }
}

impl Tables {
    /// What the documentation of [`IndexSink`] says.
    pub fn promises(&self) {
        for row in &self.chunks {
            assert!(usize::try_from(row.pack).unwrap() < self.packs.len());
            assert!(usize::try_from(row.place.length).unwrap() <= cut::MAX_BYTES);
        }
        let chunks = self.chunks.len() + self.borrowed.len();
        let is_there = |number: u32| usize::try_from(number).unwrap() < chunks;
        let folders = self.folders.iter();
        assert!(folders.flat_map(|(_, _, folder)| &folder.pieces).all(|piece| is_there(*piece)));
        for stretch in self.files.iter().flat_map(|(_, _, words)| stretches(words)) {
            match stretch.unwrap() {
                Stretch::Chunk(number) => assert!(is_there(number)),
                Stretch::Hole(bytes) => assert!(bytes > 0 && bytes < 1 << 63),
            }
        }
        assert!(self.folders.is_sorted_by(|one, next| one.0.inode < next.0.inode));
        assert!(self.files.is_sorted_by(|one, next| one.0.inode < next.0.inode));
    }

    /// A sealed object in which a folder's last piece is the first chunk that is not there.
    pub fn with_a_piece_beyond(mut self) -> Option<Vec<u8>> {
        let chunks = u32::try_from(self.chunks.len() + self.borrowed.len()).unwrap();
        *self.folders.last_mut()?.2.pieces.last_mut()? = chunks;
        Some(self.write())
    }

    /// A sealed object of them.
    pub fn write(&self) -> Vec<u8> {
        let wide = |length: usize| u64::try_from(length).unwrap();
        let words_of = |folder: &Folder| folder.words().unwrap();
        let counts = IndexCounts {
            packs: wide(self.packs.len()),
            chunks: wide(self.chunks.len()),
            borrowed: wide(self.borrowed.len()),
            folders: InodeCounts {
                rows: wide(self.folders.len()),
                words: self.folders.iter().map(|row| wide(words_of(&row.2).len())).sum(),
            },
            files: InodeCounts {
                rows: wide(self.files.len()),
                words: self.files.iter().map(|row| wide(row.2.len())).sum(),
            },
        };
        let mut writer = IndexWriter::new(&SEAL_TO, QUBE, self.rules.unwrap(), counts).unwrap();
        writer.packs(self.packs.iter().copied()).unwrap();
        writer.chunks(self.chunks.iter().copied()).unwrap();
        writer.borrowed(self.borrowed.iter().copied()).unwrap();
        let folders = writer.folders(|write| {
            let mut rows = self.folders.iter();
            rows.try_for_each(|(key, parent, folder)| write(*key, *parent, &words_of(folder)))
        });
        folders.unwrap();
        let files = writer.files(|write| {
            let mut rows = self.files.iter();
            rows.try_for_each(|(key, parent, words)| write(*key, *parent, words))
        });
        files.unwrap().bytes
    }
}
