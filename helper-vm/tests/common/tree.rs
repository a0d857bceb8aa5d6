//! What a snapshot holds, read back through the formats.

use super::storage::Objects;
use super::{QUBE, chunk_key, data_identity};
use qib_helper::chunk_id::ChunkId;
use qib_helper::manifest::{self, Entry, Node, Part};
use qib_helper::pack::{FrameReader, Frames};
use qib_helper::snapshot::{self, Snapshot};
use qib_rpc::id::Digest;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::{BTreeMap, HashMap};

/// A snapshot with the chunks of its packs.
pub struct Tree {
    pub snapshot: Snapshot,
    chunks: HashMap<ChunkId, Vec<u8>>,
}

/// An entry with its content, lists resolved.
pub struct Leaf {
    pub entry: Entry,
    pub content: Vec<u8>,
    pub parts: Vec<Part>,
}

impl Tree {
    pub fn open(objects: &Objects, digest: Digest, sequence: u64) -> Self {
        let name = ObjectName {
            kind: Kind::Snapshot,
            digest,
        };
        let snapshot = snapshot::read(&objects[&name], &data_identity(), QUBE, sequence).unwrap();
        let mut chunks = HashMap::new();
        for needed in &snapshot.packs {
            let name = ObjectName {
                kind: Kind::Pack,
                digest: needed.digest,
            };
            let pack = &objects[&name];
            let frames = Frames::open(pack, &data_identity(), Vec::new()).unwrap();
            let mut reader = FrameReader::new().unwrap();
            for number in 0..frames.count() {
                let frame = reader.read(frames.get(number).unwrap(), &chunk_key());
                let found = frame.unwrap().chunks.into_iter();
                chunks.extend(found.map(|(id, plain)| (id, plain.to_vec())));
            }
        }
        Self { snapshot, chunks }
    }

    /// Every entry by path.
    pub fn leaves(&self) -> BTreeMap<Vec<u8>, Leaf> {
        let mut leaves = BTreeMap::new();
        self.folder(&[], &self.snapshot.pieces, &mut leaves);
        leaves
    }

    fn folder(&self, path: &[u8], pieces: &[Part], leaves: &mut BTreeMap<Vec<u8>, Leaf>) {
        let mut last = None;
        for part in self.resolved(pieces) {
            let Part::Chunk(id, bytes) = part else {
                panic!("a hole in a folder")
            };
            let piece = &self.chunks[&id];
            assert_eq!(u64::try_from(piece.len()).unwrap(), bytes);
            for entry in manifest::read(piece, last.as_ref()).unwrap() {
                last = Some(entry.name.clone());
                let path = [path, b"/", entry.name.bytes()].concat();
                let leaf = self.leaf(entry);
                if let Node::Directory(pieces) = &leaf.entry.node {
                    self.folder(&path, pieces, leaves);
                }
                leaves.insert(path, leaf);
            }
        }
    }

    fn leaf(&self, entry: Entry) -> Leaf {
        let mut content = Vec::new();
        let mut parts = Vec::new();
        if let Node::File(file) = &entry.node {
            parts = self.resolved(&file.parts);
            for part in &parts {
                match part {
                    Part::Chunk(id, bytes) => {
                        assert_eq!(u64::try_from(self.chunks[id].len()).unwrap(), *bytes);
                        content.extend_from_slice(&self.chunks[id]);
                    }
                    Part::Hole(bytes) => {
                        let zeros = usize::try_from(*bytes).unwrap();
                        content.resize(content.len() + zeros, 0);
                    }
                    Part::List(..) => panic!("a list in a list"),
                }
            }
        }
        Leaf {
            entry,
            content,
            parts,
        }
    }

    fn resolved(&self, parts: &[Part]) -> Vec<Part> {
        let mut resolved = Vec::new();
        for part in parts {
            match part {
                Part::List(id, _) => resolved.extend(Part::list(&self.chunks[id]).unwrap()),
                other => resolved.push(*other),
            }
        }
        resolved
    }
}
