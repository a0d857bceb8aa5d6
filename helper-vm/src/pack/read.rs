//! Reading a pack that may lie: opened as a whole, then frame by frame, by as many threads as
//! there are; what holds for all of a pack is tested in the order of its frames.

use super::{MAX_PLAIN_BYTES, ROW_BYTES, TABLE};
use crate::archive::{self, Head};
use crate::chunk_id::ChunkId;
use crate::cut;
use crate::fields::Fields;
use crate::format_error::{FormatError, Result};
use crate::number::wide;
use crate::seal::{self, OpenWith};
use qib_rpc::key::ChunkKey;
use std::collections::HashSet;
use std::io::Read;
use std::ops::Range;

/// The largest tar stream that a pack may hold: the plaintext of the frames
/// before the last may be just under the limit, and tables and headers come on top.
const MAX_TAR_BYTES: u64 = MAX_PLAIN_BYTES * 2;

/// The largest tar that a frame may hold: one of the largest chunk with its header, or the table.
const MAX_FRAME_TAR_BYTES: usize = 8 << 20;

/// The magic numbers of zstd's skippable frames, without the last four bits.
const SKIPPABLE: u32 = 0x0184_D2A5;

/// A chunk whose id was checked.
pub type Chunk<'a> = (ChunkId, &'a [u8]);

/// The frames of a pack that was opened; all of it is authentic.
#[derive(Debug)]
pub struct Frames {
    untrusted_bytes: Vec<u8>,
    places: Vec<Range<usize>>,
}

/// What a frame holds.
#[derive(Debug, Default)]
pub struct Frame<'a> {
    /// Chunks.
    pub chunks: Vec<Chunk<'a>>,
    untrusted_table: Option<&'a [u8]>,
    tar_bytes: usize,
}

/// Reads frames. Memory is kept from one to the next.
pub struct FrameReader {
    zstd: zstd::bulk::Decompressor<'static>,
    tar: Vec<u8>,
}

/// Holds the frames of a pack, in order, against what holds for a whole pack.
#[derive(Debug, Default)]
pub struct Checking {
    order: Vec<ChunkId>,
    seen: HashSet<ChunkId>,
    tar_bytes: u64,
    table_seen: bool,
}

impl Frames {
    /// Opens a pack, into memory that may have served another.
    ///
    /// # Errors
    /// When it does not open, or is not zstd frames throughout.
    pub fn open(untrusted_pack: &[u8], with: &OpenWith, memory: Vec<u8>) -> Result<Self> {
        let mut untrusted_bytes = memory;
        untrusted_bytes.clear();
        untrusted_bytes.reserve_exact(untrusted_pack.len());
        seal::open_age(untrusted_pack, with)?
            .read_to_end(&mut untrusted_bytes)
            .map_err(|_| FormatError::Damaged("a pack that does not open"))?;
        let mut places = Vec::new();
        let mut begin = 0;
        while let Some(rest) = untrusted_bytes.get(begin..).filter(|rest| !rest.is_empty()) {
            let length = zstd::zstd_safe::find_frame_compressed_size(rest);
            let length = length.map_err(|_| FormatError::Damaged("not zstd"))?;
            let end = begin.saturating_add(length);
            let magic = Fields::new(rest).u32();
            if magic.is_none_or(|magic| magic >> 4 != SKIPPABLE) {
                places.push(begin..end);
            }
            begin = end;
        }
        if places.is_empty() {
            return Err(FormatError::Damaged("a pack without frames"));
        }
        Ok(Self {
            untrusted_bytes,
            places,
        })
    }

    /// The memory, for another.
    pub fn into_memory(self) -> Vec<u8> {
        self.untrusted_bytes
    }

    /// How many there are, at least one.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// One of them.
    pub fn get(&self, number: usize) -> Option<&[u8]> {
        let place = self.places.get(number)?;
        self.untrusted_bytes.get(place.clone())
    }
}

impl FrameReader {
    /// Begins.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            zstd: zstd::bulk::Decompressor::new()?,
            tar: Vec::with_capacity(MAX_FRAME_TAR_BYTES),
        })
    }

    /// Reads a frame; the id of every chunk is checked against its bytes.
    ///
    /// # Errors
    /// When it breaks a rule.
    pub fn read(&mut self, untrusted_frame: &[u8], key: &ChunkKey) -> Result<Frame<'_>> {
        self.tar.clear();
        self.zstd
            .decompress_to_buffer(untrusted_frame, &mut self.tar)
            .map_err(|_| FormatError::Damaged("a frame that does not decompress"))?;
        let mut frame = Frame {
            tar_bytes: self.tar.len(),
            ..Frame::default()
        };
        archive::each_in(&self.tar, |head, untrusted_content| {
            frame.member(&head, untrusted_content, key)
        })?;
        Ok(frame)
    }
}

impl<'a> Frame<'a> {
    fn member(&mut self, head: &Head, untrusted_content: &'a [u8], key: &ChunkKey) -> Result<()> {
        if self.untrusted_table.is_some() {
            return Err(FormatError::Damaged("a member after the table"));
        }
        if head.name == TABLE {
            self.untrusted_table = Some(untrusted_content);
            return Ok(());
        }
        let id = ChunkId::parse(&head.name).ok_or(FormatError::Damaged("a chunk's name"))?;
        if untrusted_content.len() > cut::MAX_BYTES {
            return Err(FormatError::Damaged("a member over its limit"));
        }
        if ChunkId::of(key, untrusted_content) != id {
            return Err(FormatError::Damaged("a chunk is not what its id says"));
        }
        self.chunks.push((id, untrusted_content));
        Ok(())
    }
}

impl Checking {
    /// The next frame.
    ///
    /// # Errors
    /// When it may not stand there.
    pub fn next(&mut self, frame: &Frame<'_>) -> Result<()> {
        if self.table_seen {
            return Err(FormatError::Damaged("a frame after the table"));
        }
        self.tar_bytes = self.tar_bytes.saturating_add(wide(frame.tar_bytes));
        if self.tar_bytes > MAX_TAR_BYTES {
            return Err(FormatError::Damaged("a pack of too much"));
        }
        for (id, _) in &frame.chunks {
            if !self.seen.insert(*id) {
                return Err(FormatError::Damaged("a chunk twice in a pack"));
            }
            self.order.push(*id);
        }
        match frame.untrusted_table {
            Some(untrusted_table) => self.table(untrusted_table),
            None => Ok(()),
        }
    }

    fn table(&mut self, untrusted_table: &[u8]) -> Result<()> {
        self.table_seen = true;
        let rows = untrusted_table.chunks(ROW_BYTES);
        let same = rows.len() == self.order.len()
            && rows
                .zip(&self.order)
                .all(|(row, id)| Fields::new(row).u32() == Some(id.prefix()));
        if same {
            Ok(())
        } else {
            Err(FormatError::Damaged("the table names other chunks"))
        }
    }

    /// There are no more.
    ///
    /// # Errors
    /// When the table is missing.
    pub fn finish(&self) -> Result<()> {
        if self.table_seen {
            Ok(())
        } else {
            Err(FormatError::Damaged("a pack without a table"))
        }
    }
}
