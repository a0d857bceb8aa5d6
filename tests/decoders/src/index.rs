//! What an index object holds: a tar with right checksums, sealed before it is read.
//!
//! The law: it is read or refused, also up to its table of frames alone. Packs and chunks that
//! rows name are there, inodes ascend, lengths are within their limits; the tables of a run take
//! the rows in; and what was read is written and read back as the same.

mod tables;

use crate::fixed::{OPEN_WITH, QUBE, SEAL_TO};
use crate::repair;
use qib_helper::chunk_id::ChunkId;
use qib_helper::index::{
    self, ChunkRow, FileKey, Folder, FrameRow, FramesSink, Parent, Stand, Stretch,
};
use qib_helper::known::{Known, Loader};
use qib_helper::pack::Place;
use qib_helper::seal;
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::id::Digest;
use qib_rpc::message::backup::LivePack;
use qib_rpc::object::Kind;
use qib_rpc::rule::Rule;
use std::io::{BufReader, Read};
pub use tables::Tables;

/// Checks what an index object holds.
pub fn check(input: &[u8]) {
    let tar = repair::tar(input);
    let sealed = seal::seal(&SEAL_TO, Kind::Index, &tar).unwrap().bytes;
    frames(&sealed);
    let mut tables = Tables::default();
    if index::read(&sealed, &OPEN_WITH, QUBE, &mut tables).is_err() {
        return;
    }
    tables.promises();
    load(&sealed, &tables);
    let mut again = Tables::default();
    index::read(&tables.write(), &OPEN_WITH, QUBE, &mut again).unwrap();
    assert_eq!(again, tables);
    if let Some(beyond) = tables.with_a_piece_beyond() {
        assert!(index::read(&beyond, &OPEN_WITH, QUBE, &mut Tables::default()).is_err());
    }
}

/// Takes the rows in, every other pack being live.
fn load(sealed: &[u8], tables: &Tables) {
    let mut known = Known::default();
    for pack in tables.packs.iter().step_by(2) {
        known.packs.add_live(&LivePack {
            digest: *pack,
            live_bytes: 1,
            in_last_snapshot: true,
        });
    }
    let mut loader = Loader::new(&mut known, tables.rules);
    index::read(sealed, &OPEN_WITH, QUBE, &mut loader).unwrap();
    loader.finish();
    assert!(usize::try_from(known.chunks.len()).unwrap() <= tables.chunks.len());
    assert!(usize::try_from(known.files.len()).unwrap() <= tables.files.len());
    assert!(usize::try_from(known.folders.len()).unwrap() <= tables.folders.len());
}

#[derive(Default)]
struct Frames {
    packs: u32,
    frames: usize,
}

impl FramesSink for Frames {
    fn pack(&mut self, _: Digest) {
        self.packs += 1;
    }
    fn frame(&mut self, row: FrameRow) {
        assert!(row.pack < self.packs && row.bytes <= 8 << 20);
        self.frames += 1;
    }
    fn chunk(&mut self, prefix: u32) {
        assert!(self.frames > 0 && prefix < 1 << 24);
    }
}

fn frames(sealed: &[u8]) {
    let plain = BufReader::new(seal::open_age(sealed, &OPEN_WITH).unwrap());
    let _read = index::read_frames(plain, QUBE, &mut Frames::default());
}

fn tables() -> Tables {
    let mut left_out = LeftOuts::default();
    left_out.add(Rule::Trash, 5);
    let folder = Folder {
        stand: Stand(3),
        counts: Counts { files: 2, file_bytes: 1 << 40, ..Counts::default() },
        left_out,
        links: vec![12],
        pieces: vec![0, 3],
    };
    let mut words = Vec::new();
    for stretch in [Stretch::Chunk(1), Stretch::Hole(1 << 40), Stretch::Chunk(2)] {
        assert!(index::push_stretch(&mut words, stretch));
    }
    let key = |inode| FileKey { inode, generation: 1, fingerprint: [6; 16] };
    let chunk = |number: u8| ChunkRow {
        id: ChunkId::new([number; 32]),
        pack: (number / 2).into(),
        place: Place { frame_at: 0, frame_bytes: 900, at: 512, length: 4096 },
    };
    Tables {
        rules: index::RulesMark::parse("255"),
        packs: vec![Digest::new([1; 32]), Digest::new([2; 32])],
        chunks: (0..3).map(chunk).collect(),
        borrowed: vec![ChunkId::new([9; 32])],
        folders: vec![(key(2), Parent::Folder(2), folder)],
        files: vec![(key(11), Parent::Folder(2), words), (key(12), Parent::Many, Vec::new())],
    }
}

/// A sealed index.
pub fn sealed() -> Vec<u8> {
    tables().write()
}

/// An index with a row of everything, and an empty one.
pub fn seeds() -> Vec<Vec<u8>> {
    let empty = Tables { rules: tables().rules, ..Tables::default() };
    let plain = |tables: Tables| {
        let (sealed, mut tar) = (tables.write(), Vec::new());
        seal::open(&sealed, &OPEN_WITH).unwrap().read_to_end(&mut tar).unwrap();
        tar
    };
    vec![plain(tables()), plain(empty)]
}
