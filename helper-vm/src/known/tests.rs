//! What was loaded is found; what is gone is not.

use super::*;
use crate::chunk_id::ChunkId;
use crate::index::{ChunkRow, FileKey, IndexSink};
use crate::pack::Place;
use qib_rpc::id::Digest;
use qib_rpc::message::backup::LivePack;

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

#[test]
fn rows_of_packs_that_are_gone_are_dropped() {
    let mut known = Known::default();
    known.packs.add_live(&live(1));
    let mut loader = Loader::new(&mut known);
    loader.pack(Digest::new([2; 32]));
    loader.pack(Digest::new([1; 32]));
    loader.chunk(chunk(10, 0));
    loader.chunk(chunk(11, 1));
    loader.file(key(100, 0), &[0]);
    loader.file(key(101, 0), &[1, 1]);
    loader.finish();
    assert_eq!(known.chunks.row(&ChunkId::new([10; 32])), None);
    assert_eq!(known.chunks.row(&ChunkId::new([11; 32])), Some(0));
    assert_eq!(known.files.row(100), None);
    let row = known.files.row(101).unwrap();
    assert_eq!(known.files.words(row), [0, 0]);
    assert_eq!(known.objects[0].bytes, 2 * 52 + 2 * 28 + 3 * 4);
}

#[test]
fn a_later_object_replaces_files_and_borrows_chunks() {
    let mut known = Known::default();
    known.packs.add_live(&live(1));
    for fingerprint in [7, 8] {
        let mut loader = Loader::new(&mut known);
        loader.pack(Digest::new([1; 32]));
        if fingerprint == 7 {
            loader.chunk(chunk(11, 0));
        } else {
            loader.borrowed(ChunkId::new([11; 32]));
            loader.borrowed(ChunkId::new([12; 32]));
        }
        loader.file(key(5, fingerprint), &[0]);
        if fingerprint == 8 {
            loader.file(key(6, fingerprint), &[1]);
        }
        loader.finish();
    }
    assert_eq!(known.files.row(6), None);
    let row = known.files.row(5).unwrap();
    assert_eq!(known.files.key(row), Some(key(5, 8)));
    assert_eq!(known.files.words(row), [0]);
    assert_eq!(known.objects[1].files_from, 1);
    assert_eq!(known.chunks.len(), 1);
}
