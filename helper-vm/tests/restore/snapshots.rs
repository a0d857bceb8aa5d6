//! Snapshots that a hostile helper could have made: every object sealed and every
//! id true, but with whatever entries a test wants.

use crate::common::storage::Storage;
use crate::common::{QUBE, chunk_key, data_identity};
use crate::restoring;
use qib_helper::archive::{self, Head};
use qib_helper::chunk_id::ChunkId;
use qib_helper::manifest::{self, Content, Entry, EntryName, Meta, Node, Part};
use qib_helper::pack::{OpenFrame, OpenPack};
use qib_helper::seal::{SealTo, Sealed};
use qib_helper::snapshot::{self, BlockSize, Holds, NeededPack, Snapshot, SnapshotKind};
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::glob::PathRules;
use qib_rpc::id::Digest;
use qib_rpc::message::restore::RestoreJob;
use qib_rpc::rule::Rules;
use std::collections::HashSet;

pub fn seal_to() -> SealTo {
    SealTo::identity(&data_identity())
}

/// A pack that takes chunks.
struct Chunks {
    pack: OpenPack,
    seen: HashSet<ChunkId>,
}

impl Chunks {
    fn new() -> Self {
        Self {
            pack: OpenPack::new(&seal_to(), Vec::new()).unwrap(),
            seen: HashSet::new(),
        }
    }

    fn add(&mut self, plain: &[u8]) -> (ChunkId, u64) {
        let id = ChunkId::of(&chunk_key(), plain);
        if self.seen.insert(id) {
            let mut frame = OpenFrame::default();
            frame.push(id, plain, 0).unwrap();
            self.pack
                .push(
                    &frame
                        .pack(&mut qib_helper::pack::Zstd::new(Default::default()).unwrap())
                        .unwrap(),
                )
                .unwrap();
        }
        (id, u64::try_from(plain.len()).unwrap())
    }
}

/// A snapshot that is being made up.
pub struct Forge {
    manifest: Chunks,
    data: Chunks,
    pub snapshot: Snapshot,
}

impl Forge {
    /// Begins with an empty root.
    pub fn new() -> Self {
        Self {
            manifest: Chunks::new(),
            data: Chunks::new(),
            snapshot: Snapshot {
                qube: QUBE,
                sequence: 1,
                time: 0,
                block_size: BlockSize::default(),
                kind: SnapshotKind::Tree,
                rules: Rules::DEFAULT,
                counts: Counts::default(),
                paths: PathRules::default(),
                left_out: LeftOuts::default(),
                packs: Vec::new(),
                root: meta(0o755),
                pieces: Vec::new(),
            },
        }
    }

    /// One piece in the root, and what the snapshot says of it.
    pub fn with(entries: &[Entry], counts: [u64; 4]) -> Self {
        let mut forge = Self::new();
        let piece = forge.piece(entries);
        forge.root(vec![piece], counts);
        forge
    }

    /// Sets the root's pieces and how many files, folders, others and bytes of files
    /// the snapshot says that it holds.
    pub fn root(&mut self, pieces: Vec<Part>, [files, folders, others, file_bytes]: [u64; 4]) {
        self.snapshot.pieces = pieces;
        self.snapshot.counts = Counts {
            files,
            folders,
            others,
            file_bytes,
            ..Counts::default()
        };
    }

    /// A chunk of data.
    pub fn data(&mut self, plain: &[u8]) -> Part {
        let (id, bytes) = self.data.add(plain);
        Part::Chunk(id, bytes)
    }

    /// A chunk in the manifest's pack with any bytes.
    pub fn raw_piece(&mut self, plain: &[u8]) -> Part {
        let (id, bytes) = self.manifest.add(plain);
        Part::Chunk(id, bytes)
    }

    pub fn piece(&mut self, entries: &[Entry]) -> Part {
        self.raw_piece(&encoded(entries))
    }

    pub fn list(&mut self, parts: &[Part]) -> Part {
        let mut text = Vec::new();
        parts.iter().for_each(|part| part.append(&mut text));
        let (id, bytes) = self.manifest.add(&text);
        Part::List(id, bytes)
    }

    pub fn finish(mut self) -> Forged {
        let storage = Storage::default();
        let mut packs = Vec::new();
        for (chunks, holds) in [(self.manifest, Holds::Manifest), (self.data, Holds::Data)] {
            let (sealed, _) = chunks.pack.finish().unwrap();
            packs.push(put(&storage, sealed));
            let digest = packs[packs.len() - 1];
            self.snapshot.packs.push(NeededPack { digest, holds });
        }
        let sealed = snapshot::seal(&self.snapshot, &seal_to()).unwrap();
        let snapshot = put(&storage, sealed);
        Forged {
            job: restoring::job(snapshot, 1),
            storage,
            manifest_pack: packs[0],
            data_pack: packs[1],
        }
    }
}

pub fn put(storage: &Storage, sealed: Sealed) -> Digest {
    storage.insert(sealed.name, sealed.bytes);
    sealed.name.digest
}

/// A made-up snapshot and the order to restore it.
pub struct Forged {
    pub storage: Storage,
    pub job: RestoreJob,
    pub manifest_pack: Digest,
    pub data_pack: Digest,
}

/// A piece as the format has it.
pub fn encoded(entries: &[Entry]) -> Vec<u8> {
    let mut piece = Vec::new();
    for entry in entries {
        manifest::append(&mut piece, entry);
    }
    archive::end(&mut piece);
    piece
}

/// A piece of members that need not be what the format allows.
pub fn members(members: &[(Head, &[u8])]) -> Vec<u8> {
    let mut piece = Vec::new();
    for (head, content) in members {
        archive::member(&mut piece, head);
        piece.extend_from_slice(content);
        archive::padding(&mut piece, head.content_bytes);
    }
    archive::end(&mut piece);
    piece
}

fn meta(mode: u32) -> Meta {
    Meta {
        mode,
        ..Meta::default()
    }
}

pub fn entry(name: impl AsRef<[u8]>, node: Node) -> Entry {
    Entry {
        name: EntryName::new(name.as_ref()).unwrap(),
        meta: meta(0o755),
        node,
        link_group: None,
    }
}

pub fn file(name: impl AsRef<[u8]>, parts: &[Part]) -> Entry {
    let parts = parts.to_vec();
    entry(name, Node::File(Content { parts }))
}

pub fn folder(name: impl AsRef<[u8]>, pieces: &[Part]) -> Entry {
    entry(name, Node::Directory(pieces.to_vec()))
}

pub fn symlink(name: impl AsRef<[u8]>, target: &str) -> Entry {
    entry(name, Node::Symlink(target.as_bytes().to_vec()))
}

pub fn in_group(group: u32, entry: Entry) -> Entry {
    Entry {
        link_group: Some(group),
        ..entry
    }
}
