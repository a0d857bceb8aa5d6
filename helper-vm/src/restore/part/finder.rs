//! In which frame of which pack a chunk may lie, as the tables of frames say.

use super::ranged::Line;
use crate::chunk_id::ChunkId;
use crate::error::Result;
use crate::index::{self, FrameRow, FramesSink};
use crate::number::{place, short};
use crate::seal::{self, OpenWith};
use crate::snapshot::Snapshot;
use qib_rpc::id::{Digest, QubeId};
use qib_rpc::message::lost::LostPacks;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::HashSet;
use std::io::{BufReader, Read, Write};

/// What is read of an object at a time where nothing says more, in bytes.
const BUFFER_BYTES: usize = 16 << 10;

/// A frame of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Frame {
    /// The pack.
    pub pack: Digest,
    /// Where the frame begins in the age plaintext.
    pub at: u32,
    /// Its length.
    pub bytes: u32,
}

/// Finds frames.
pub struct Finder {
    /// Packs of the snapshot: no other need be there.
    packs: HashSet<Digest>,
    /// Those of them that are lost.
    lost: HashSet<Digest>,
    frames: Vec<Frame>,
    /// The first bytes of each chunk's id, and its frame; sorted.
    chunks: Vec<(u32, u32)>,
}

impl Finder {
    /// Reads the tables of frames of these index objects.
    ///
    /// # Errors
    /// When one can not be fetched or is damaged.
    pub fn fetch<R: Read, W: Write>(
        line: &Line<'_, R, W>,
        index: &[Digest],
        with: &OpenWith,
        qube: QubeId,
        snapshot: &Snapshot,
    ) -> Result<Self> {
        let mut finder = Self {
            packs: snapshot.packs.iter().map(|pack| pack.digest).collect(),
            lost: HashSet::new(),
            frames: Vec::new(),
            chunks: Vec::new(),
        };
        for digest in index {
            let (kind, digest) = (Kind::Index, *digest);
            let name = ObjectName { kind, digest };
            let sealed = BufReader::with_capacity(BUFFER_BYTES, line.open(name));
            seal::open_stream(sealed, with)
                .and_then(|frames| {
                    let frames = BufReader::with_capacity(BUFFER_BYTES, frames);
                    index::read_frames(frames, qube, &mut finder.table())
                })
                .map_err(|damage| line.error(name, damage))?;
        }
        finder.chunks.sort_unstable();
        Ok(finder)
    }

    fn table(&mut self) -> Table<'_> {
        Table {
            finder: self,
            packs: Vec::new(),
            frame: None,
        }
    }

    /// The same without packs that are lost.
    #[must_use]
    pub fn without(self, lost: &LostPacks) -> Self {
        let lost = lost.items().iter().copied().collect();
        Self { lost, ..self }
    }

    /// The frames in which a chunk may be: one, hardly ever more.
    pub fn frames(&self, chunk: &ChunkId) -> impl Iterator<Item = Frame> + '_ {
        let frames = self.all_frames(chunk);
        frames.filter(|frame| !self.lost.contains(&frame.pack))
    }

    /// Whether a pack that is lost may have had a chunk.
    pub fn may_be_lost(&self, chunk: &ChunkId) -> bool {
        let mut frames = self.all_frames(chunk);
        frames.any(|frame| self.lost.contains(&frame.pack))
    }

    fn all_frames(&self, chunk: &ChunkId) -> impl Iterator<Item = Frame> + '_ {
        let prefix = chunk.prefix();
        let begin = self.chunks.partition_point(|(known, _)| *known < prefix);
        let rest = self.chunks.get(begin..).unwrap_or_default();
        let same = rest.iter().take_while(move |(known, _)| *known == prefix);
        same.filter_map(|(_, frame)| self.frames.get(place(*frame)).copied())
    }
}

/// One object's tables.
struct Table<'a> {
    finder: &'a mut Finder,
    packs: Vec<Digest>,
    /// The frame whose chunks come, if the snapshot needs its pack.
    frame: Option<u32>,
}

impl FramesSink for Table<'_> {
    fn pack(&mut self, digest: Digest) {
        self.packs.push(digest);
    }

    fn frame(&mut self, row: FrameRow) {
        let pack = self.packs.get(place(row.pack)).copied();
        let pack = pack.filter(|pack| self.finder.packs.contains(pack));
        self.frame = pack.and_then(|pack| {
            let number = short(self.finder.frames.len())?;
            let (at, bytes) = (row.at, row.bytes);
            self.finder.frames.push(Frame { pack, at, bytes });
            Some(number)
        });
    }

    fn chunk(&mut self, prefix: u32) {
        let row = self.frame.map(|frame| (prefix, frame));
        self.finder.chunks.extend(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_that_begins_as_one_of_a_lost_pack_may_be_lost() {
        let pack = |byte| Digest::new([byte; 32]);
        let frame = |byte| Frame {
            pack: pack(byte),
            at: 0,
            bytes: 1,
        };
        let chunk = |byte| ChunkId::new([byte; 32]);
        let prefix = |byte| chunk(byte).prefix();
        let finder = Finder {
            packs: HashSet::new(),
            lost: HashSet::new(),
            frames: vec![frame(1), frame(2)],
            chunks: vec![
                (prefix(7), 0),
                (prefix(8), 0),
                (prefix(8), 1),
                (prefix(9), 1),
            ],
        };
        let finder = finder.without(&vec![pack(1)].try_into().unwrap());
        let found = |byte| finder.frames(&chunk(byte)).count();
        assert_eq!([7, 8, 9].map(found), [0, 1, 1]);
        let may_be_lost = |byte| finder.may_be_lost(&chunk(byte));
        assert_eq!([7, 8, 9].map(may_be_lost), [true, true, false]);
    }
}
