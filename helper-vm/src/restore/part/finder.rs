//! In which frame of which pack a chunk may lie, as the tables of frames say.

use super::ranged::Line;
use super::rows::{Frame, Rows};
use crate::chunk_id::ChunkId;
use crate::error::Result;
use crate::number::place;
use crate::seal::OpenWith;
use crate::snapshot::Snapshot;
use qib_rpc::id::{Digest, QubeId};
use qib_rpc::message::lost::LostPacks;
use std::collections::HashSet;
use std::io::{Read, Write};

/// Finds frames.
pub struct Finder {
    /// What the tables say, chunks by the first bytes of their ids.
    rows: Rows,
    /// Packs that are lost.
    lost: HashSet<Digest>,
}

impl Finder {
    /// Reads the tables of frames of these index objects, as far as the snapshot needs their packs:
    /// no other need be there.
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
        let packs = snapshot.packs.iter().map(|pack| pack.digest).collect();
        let mut rows = Rows::fetch(line, index, with, qube, &packs)?;
        rows.chunks.sort_unstable();
        let lost = HashSet::new();
        Ok(Self { rows, lost })
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
        let begin = self
            .rows
            .chunks
            .partition_point(|(known, _)| *known < prefix);
        let rest = self.rows.chunks.get(begin..).unwrap_or_default();
        let same = rest.iter().take_while(move |(known, _)| *known == prefix);
        same.filter_map(|(_, frame)| self.rows.frames.get(place(*frame)).copied())
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
            rows: Rows {
                frames: vec![frame(1), frame(2)],
                chunks: vec![
                    (prefix(7), 0),
                    (prefix(8), 0),
                    (prefix(8), 1),
                    (prefix(9), 1),
                ],
            },
            lost: HashSet::new(),
        };
        let finder = finder.without(&vec![pack(1)].try_into().unwrap());
        let found = |byte| finder.frames(&chunk(byte)).count();
        assert_eq!([7, 8, 9].map(found), [0, 1, 1]);
        let may_be_lost = |byte| finder.may_be_lost(&chunk(byte));
        assert_eq!([7, 8, 9].map(may_be_lost), [true, true, false]);
    }
}
