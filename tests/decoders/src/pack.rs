//! What a pack holds: the zstd frames of a pack, sealed before they are opened; and the tar of a
//! frame, as it is and with the right ids for its chunks.
//!
//! The law: it is read or refused. A chunk that is handed out is what its id says and not longer
//! than a chunk may be, none comes twice, and all of it has its bound.

use crate::fixed::{OPEN_WITH, SEAL_TO, chunk_key};
use crate::{archive, repair};
use qib_helper::archive::each_in;
use qib_helper::chunk_id::ChunkId;
use qib_helper::cut;
use qib_helper::pack::{Checking, Frame, FrameReader, Frames, LEVEL, OpenFrame, OpenPack, Zstd};
use qib_helper::seal::{self, Sealing};
use qib_rpc::compression::Compression;
use qib_rpc::object::Kind;
use std::cell::RefCell;
use std::collections::HashSet;
use std::io::{Read, Write};

/// Where zstd's frames begin.
const FRAME: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

thread_local! {
    /// It keeps eight megabytes.
    static READER: RefCell<FrameReader> = RefCell::new(FrameReader::new().unwrap());
}

/// Checks frames, or the tar of one.
pub fn check(input: &[u8]) {
    if input.starts_with(FRAME) {
        return frames(input);
    }
    let tar = repair::tar(input);
    frames(&zstd::bulk::compress(&tar, LEVEL).unwrap());
    if let Some(named) = with_ids(&tar) {
        frames(&zstd::bulk::compress(&named, LEVEL).unwrap());
    }
}

fn frames(plain: &[u8]) {
    let mut sealing = Sealing::new(&SEAL_TO, Vec::new()).unwrap();
    sealing.write_all(plain).unwrap();
    let sealed = sealing.finish(Kind::Pack, 0).unwrap();
    let Ok(frames) = Frames::open(&sealed.bytes, &OPEN_WITH, Vec::new()) else {
        return;
    };
    let (mut checking, mut ids) = (Checking::default(), HashSet::new());
    for number in 0..frames.count() {
        READER.with_borrow_mut(|reader| {
            let frame = reader.read(frames.get(number).unwrap(), &chunk_key()).ok()?;
            promises(&frame);
            checking.next(&frame).ok()?;
            let mut chunks = frame.chunks.iter();
            assert!(chunks.all(|(id, _)| ids.insert(*id)));
            Some(())
        });
    }
    let _whole = checking.finish();
}

fn promises(frame: &Frame) {
    let bytes: usize = frame.chunks.iter().map(|(_, plain)| plain.len()).sum();
    assert!(bytes <= 8 << 20);
    for (id, plain) in &frame.chunks {
        assert!(*id == ChunkId::of(&chunk_key(), plain) && plain.len() <= cut::MAX_BYTES);
    }
}

/// The same members, and what is no table under the name that its content has.
fn with_ids(tar: &[u8]) -> Option<Vec<u8>> {
    let mut members = Vec::new();
    let read = each_in(tar, |mut head, content| {
        if head.name != b"table" {
            head.name = ChunkId::of(&chunk_key(), content).to_string().into_bytes();
        }
        members.push((head, content.to_vec()));
        Ok(())
    });
    read.ok().map(|()| archive::written(&members))
}

/// A sealed pack of two frames.
pub fn sealed() -> Vec<u8> {
    let mut pack = OpenPack::new(&SEAL_TO, Vec::new()).unwrap();
    for number in 0..2_u8 {
        let mut frame = OpenFrame::default();
        for chunk in [vec![number; 700], vec![number + 2; 20], Vec::from([number])] {
            frame.push(ChunkId::of(&chunk_key(), &chunk), &chunk, 0).unwrap();
        }
        let mut zstd = Zstd::new(Compression::default()).unwrap();
        pack.push(&frame.pack(&mut zstd).unwrap()).unwrap();
    }
    pack.finish().unwrap().0.bytes
}

/// The frames of a pack, and the tar in each.
pub fn seeds() -> Vec<Vec<u8>> {
    let (sealed, mut plain) = (sealed(), Vec::new());
    seal::open_age(&sealed, &OPEN_WITH).unwrap().read_to_end(&mut plain).unwrap();
    let frames = Frames::open(&sealed, &OPEN_WITH, Vec::new()).unwrap();
    let all = (0..frames.count()).filter_map(|number| frames.get(number));
    let mut seeds: Vec<Vec<u8>> =
        all.map(|frame| zstd::bulk::decompress(frame, 1 << 20).unwrap()).collect();
    seeds.push(plain);
    seeds
}
