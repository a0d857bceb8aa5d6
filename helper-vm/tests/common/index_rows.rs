//! How many rows about stored data an index object has.

use super::QUBE;
use super::storage::Objects;
use qib_helper::chunk_id::ChunkId;
use qib_helper::index::{self, ChunkRow, FileKey, Folder, IndexSink, Parent, RulesMark};
use qib_helper::seal::OpenWith;
use qib_rpc::id::Digest;
use qib_rpc::key::IndexSeed;
use qib_rpc::object::{Kind, ObjectName};

/// Rows of the tables that refer to chunks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct IndexRows {
    pub chunks: u64,
    pub borrowed: u64,
    pub files: u64,
    pub pieces: usize,
}

impl IndexSink for IndexRows {
    fn rules(&mut self, _: RulesMark) {}
    fn pack(&mut self, _: Digest) {}
    fn chunk(&mut self, _: ChunkRow) {
        self.chunks += 1;
    }
    fn borrowed(&mut self, _: ChunkId) {
        self.borrowed += 1;
    }
    fn folder(&mut self, _: FileKey, _: Parent, folder: Folder) {
        self.pieces += folder.pieces.len();
    }
    fn file(&mut self, _: FileKey, _: Parent, _: &[u32]) {
        self.files += 1;
    }
}

/// Reads an index object of the qube.
pub fn read(objects: &Objects, digest: Digest) -> IndexRows {
    let kind = Kind::Index;
    let object = &objects[&ObjectName { kind, digest }];
    let identity = OpenWith::seed(&IndexSeed::new([6; 32])).unwrap();
    let mut rows = IndexRows::default();
    index::read(object, &identity, QUBE, &mut rows).unwrap();
    rows
}
