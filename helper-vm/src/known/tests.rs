//! What was loaded is found; what is gone is not.

use super::*;
use crate::chunk_id::ChunkId;
use crate::index::{ChunkRow, FileKey, Folder, IndexSink, Parent, RulesMark, Stand};
use crate::pack::Place;
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::glob::{Globs, PathRules};
use qib_rpc::id::Digest;
use qib_rpc::message::backup::LivePack;
use qib_rpc::rule::{Rule, Rules};

fn live(byte: u8) -> LivePack {
    LivePack {
        digest: Digest::new([byte; 32]),
        live_bytes: 5,
        in_last_snapshot: true,
    }
}

fn chunk(byte: u8, pack: u32) -> ChunkRow {
    let place = Place {
        length: 9,
        ..Place::default()
    };
    ChunkRow {
        id: ChunkId::new([byte; 32]),
        pack,
        place,
    }
}

fn key(inode: u32, byte: u8) -> FileKey {
    FileKey {
        inode,
        generation: 1,
        fingerprint: [byte; 16],
    }
}

const PARENT: Parent = Parent::Folder(2);

#[test]
fn rows_of_packs_that_are_gone_are_dropped_and_their_files_distrusted() {
    let mut known = Known::default();
    known.packs.add_live(&live(1));
    let mut loader = Loader::new(&mut known, Some(mark(Rules::DEFAULT)));
    loader.pack(Digest::new([2; 32]));
    loader.pack(Digest::new([1; 32]));
    loader.chunk(chunk(10, 0));
    loader.chunk(chunk(11, 1));
    loader.file(key(100, 0), PARENT, &[0]);
    loader.file(key(101, 0), PARENT, &[1, 1]);
    loader.finish();
    assert_eq!(known.chunks.row(&ChunkId::new([10; 32])), None);
    assert_eq!(known.chunks.row(&ChunkId::new([11; 32])), Some(0));
    let lost = known.files.row(100).unwrap();
    assert!(!known.files.is_trusted(lost) && known.files.words(lost).is_empty());
    let row = known.files.row(101).unwrap();
    assert_eq!(known.files.words(row), [0, 0]);
    assert_eq!(known.objects[0].bytes, 2 * 52 + 2 * 32 + 3 * 4);
}

#[test]
fn a_later_object_replaces_files_and_borrows_chunks() {
    let mut known = Known::default();
    known.packs.add_live(&live(1));
    for fingerprint in [7, 8] {
        let mut loader = Loader::new(&mut known, Some(mark(Rules::DEFAULT)));
        loader.pack(Digest::new([1; 32]));
        if fingerprint == 7 {
            loader.chunk(chunk(11, 0));
        } else {
            loader.borrowed(ChunkId::new([11; 32]));
            loader.borrowed(ChunkId::new([12; 32]));
        }
        loader.file(key(5, fingerprint), PARENT, &[0]);
        if fingerprint == 8 {
            loader.file(key(6, fingerprint), PARENT, &[1]);
        }
        loader.finish();
    }
    assert!(!known.files.is_trusted(known.files.row(6).unwrap()));
    let row = known.files.row(5).unwrap();
    assert_eq!(known.files.key(row), Some(key(5, 8)));
    assert_eq!(known.files.words(row), [0]);
    assert_eq!(known.objects[1].files_from, 1);
    assert_eq!(known.chunks.len(), 1);
}

fn mark(rules: Rules) -> RulesMark {
    RulesMark::of(rules, &PathRules::default(), &Globs::default())
}

fn folder(known: &mut Known, rules: Rules, inode: u32, parent: Parent) {
    let mut loader = Loader::new(known, Some(mark(Rules::DEFAULT)));
    loader.rules(mark(rules));
    let folder = Folder {
        stand: Stand(0),
        counts: Counts::default(),
        left_out: LeftOuts::default(),
        links: Vec::new(),
        pieces: Vec::new(),
    };
    loader.folder(key(inode, 0), parent, folder);
    loader.finish();
}

#[test]
fn folders_seen_under_other_rules_are_dropped() {
    let mut known = Known::default();
    folder(&mut known, Rules::DEFAULT.without(Rule::Trash), 7, PARENT);
    assert_eq!(known.folders.row(7), None);
    folder(&mut known, Rules::DEFAULT, 7, PARENT);
    assert!(known.folders.row(7).is_some());
}

#[test]
fn what_an_interrupted_run_read_keeps_its_folder_and_is_not_placed() {
    let mut known = Known::default();
    for parent in [PARENT, Parent::Unknown] {
        let mut loader = Loader::new(&mut known, Some(mark(Rules::DEFAULT)));
        loader.file(key(5, 1), parent, &[]);
        loader.finish();
        let row = known.files.row(5).unwrap();
        assert_eq!(known.files.parent(row), PARENT);
        assert_eq!(known.files.is_placed(row), parent == PARENT);
    }
}
