//! A sealed object as storage sends it: an age file, with what its readers make of it.
//!
//! The law: it opens or is refused, and no reader panics. The whole and what is read in small
//! pieces are the same. What opens does no longer when a byte is cut off or changed at its end.

use crate::fixed::{OPEN_WITH, QUBE, SEAL_TO, chunk_key};
use crate::{index, pack, snapshot};
use qib_helper::pack::{FrameReader, Frames};
use qib_helper::seal::{self, OpenWith};
use qib_rpc::object::Kind;
use std::io::{BufReader, Read};

/// Checks an object.
pub fn check(input: &[u8]) {
    let plain = whole(input, &OPEN_WITH);
    assert_eq!(plain, in_pieces(input, &OPEN_WITH));
    if plain.is_some() {
        let (last, cut) = input.split_last().unwrap();
        let changed = [cut, &[last ^ 1]].concat();
        assert!(whole(cut, &OPEN_WITH).is_none() && whole(&changed, &OPEN_WITH).is_none());
    }
    let _snapshot = qib_helper::snapshot::read(input, &OPEN_WITH, QUBE, 1);
    let _index = qib_helper::index::read(input, &OPEN_WITH, QUBE, &mut index::Tables::default());
    if let Ok(frames) = Frames::open(input, &OPEN_WITH, Vec::new()) {
        let mut reader = FrameReader::new().unwrap();
        for frame in (0..frames.count()).filter_map(|number| frames.get(number)) {
            let _frame = reader.read(frame, &chunk_key());
        }
    }
}

fn whole(input: &[u8], with: &OpenWith) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    seal::open_age(input, with).ok()?.read_to_end(&mut plain).ok()?;
    Some(plain)
}

fn in_pieces(input: &[u8], with: &OpenWith) -> Option<Vec<u8>> {
    let mut opened = seal::open_stream(BufReader::with_capacity(7, input), with).ok()?;
    let (mut plain, mut piece) = (Vec::new(), [0; 1000]);
    loop {
        match opened.read(&mut piece).ok()? {
            0 => return Some(plain),
            count => plain.extend_from_slice(&piece[..count]),
        }
    }
}

/// A snapshot, an index, a pack and one of two pieces of 64 KiB.
pub fn seeds() -> Vec<Vec<u8>> {
    let noise: Vec<u8> = (0..70_000_u32).flat_map(|number| number.to_le_bytes()).collect();
    let long = seal::seal(&SEAL_TO, Kind::Index, &noise).unwrap();
    vec![snapshot::sealed(), index::sealed(), pack::sealed(), long.bytes]
}
