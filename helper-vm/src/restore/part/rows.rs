//! The tables of frames of index objects: which chunks lie in which frame of which pack.

use super::ranged::Line;
use crate::error::Result;
use crate::index::{self, FrameRow, FramesSink};
use crate::number::{place, short};
use crate::seal::{self, OpenWith};
use qib_rpc::id::{Digest, QubeId};
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

/// What the tables say of some packs.
#[derive(Debug, Default)]
pub struct Rows {
    /// The frames.
    pub frames: Vec<Frame>,
    /// The first bytes of each chunk's id, and its frame; those of a frame in their order there.
    pub chunks: Vec<(u32, u32)>,
}

impl Rows {
    /// Reads the tables of these index objects, as far as they are of `packs`.
    ///
    /// # Errors
    /// When one can not be fetched or is damaged.
    pub fn fetch<R: Read, W: Write>(
        line: &Line<'_, R, W>,
        index: &[Digest],
        with: &OpenWith,
        qube: QubeId,
        packs: &HashSet<Digest>,
    ) -> Result<Self> {
        let mut rows = Self::default();
        for digest in index {
            let (kind, digest) = (Kind::Index, *digest);
            let name = ObjectName { kind, digest };
            let sealed = BufReader::with_capacity(BUFFER_BYTES, line.open(name));
            seal::open_stream(sealed, with)
                .and_then(|frames| {
                    let frames = BufReader::with_capacity(BUFFER_BYTES, frames);
                    index::read_frames(frames, qube, &mut Table::new(&mut rows, packs))
                })
                .map_err(|damage| line.error(name, damage))?;
        }
        Ok(rows)
    }
}

/// One object's tables.
struct Table<'a> {
    rows: &'a mut Rows,
    wanted: &'a HashSet<Digest>,
    packs: Vec<Digest>,
    /// The frame whose chunks come, if its pack is wanted.
    frame: Option<u32>,
}

impl<'a> Table<'a> {
    const fn new(rows: &'a mut Rows, wanted: &'a HashSet<Digest>) -> Self {
        Self {
            rows,
            wanted,
            packs: Vec::new(),
            frame: None,
        }
    }
}

impl FramesSink for Table<'_> {
    fn pack(&mut self, digest: Digest) {
        self.packs.push(digest);
    }

    fn frame(&mut self, row: FrameRow) {
        let pack = self.packs.get(place(row.pack)).copied();
        let pack = pack.filter(|pack| self.wanted.contains(pack));
        self.frame = pack.and_then(|pack| {
            let number = short(self.rows.frames.len())?;
            let (at, bytes) = (row.at, row.bytes);
            self.rows.frames.push(Frame { pack, at, bytes });
            Some(number)
        });
    }

    fn chunk(&mut self, prefix: u32) {
        let row = self.frame.map(|frame| (prefix, frame));
        self.rows.chunks.extend(row);
    }
}
