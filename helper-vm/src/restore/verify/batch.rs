//! Data that is read back together: parts of files that lie near each other.

use crate::aligned::{ALIGNMENT, Memory};
use crate::chunk_id::ChunkId;
use crate::number::{narrow, wide};
use qib_ext4::{BlockReader, Error, Ext4};
use qib_rpc::key::ChunkKey;
use std::ops::Range;

/// What is read at once, at most, in bytes; the longest chunk is not longer.
const MAX_BYTES: u64 = 8 << 20;

/// What may lie between parts that are read together, in bytes: about what a disk reads while
/// it looks for the next.
const MAX_GAP: u64 = 256 << 10;

/// Bytes of a file, in order: where they lie on the volume, and what they must be.
#[derive(Debug)]
pub struct Part {
    /// Where the first of them lie.
    pub first: Range<u64>,
    /// Where the others lie, if not all lie together.
    pub others: Vec<Range<u64>>,
    /// Their id; zeros without one.
    pub chunk: Option<ChunkId>,
}

impl Part {
    /// Where the first bytes lie.
    pub fn start(&self) -> u64 {
        self.first.start
    }

    fn spans(&self) -> impl Iterator<Item = &Range<u64>> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// Parts that are read together.
#[derive(Debug, Default)]
pub struct Batch {
    parts: Vec<Part>,
    range: Range<u64>,
}

impl Batch {
    /// Adds a part, or gives it back when it lies too far from the others.
    pub fn add(&mut self, part: Part) -> Option<Part> {
        let start = part.spans().map(|span| span.start).fold(u64::MAX, u64::min);
        let end = part.spans().map(|span| span.end).fold(0, u64::max);
        if self.parts.is_empty() {
            self.range = start..end;
        } else {
            let range = self.range.start.min(start)..self.range.end.max(end);
            let is_near = start.saturating_sub(self.range.end) <= MAX_GAP;
            if !is_near || range.end.saturating_sub(range.start) > MAX_BYTES {
                return Some(part);
            }
            self.range = range;
        }
        self.parts.push(part);
        None
    }

    /// Reads all parts and says whether each is what it must be.
    ///
    /// # Errors
    /// When the volume can not be read.
    pub fn is_as_it_must_be<R: BlockReader>(
        &self,
        fs: &Ext4<R>,
        key: &ChunkKey,
        memory: &mut Memory,
    ) -> Result<bool, Error> {
        // A part in pieces all over the volume is a batch of its own, read piece by piece.
        let length = self.range.end.saturating_sub(self.range.start);
        let window = if !self.range.is_empty() && length <= MAX_BYTES {
            read(fs, &self.range, memory)?
        } else {
            0..0
        };
        for part in &self.parts {
            let mut test = Test::new(part.chunk.as_ref(), key);
            for span in part.spans() {
                let length = narrow(span.end.saturating_sub(span.start));
                let from = if window.is_empty() {
                    read(fs, span, memory)?.start
                } else {
                    window.start
                };
                test.take(memory.bytes(narrow(span.start.saturating_sub(from)), length));
            }
            if !test.is_passed() {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Reads a range and what lies beside it up to the alignment; returns what was read.
fn read<R: BlockReader>(
    fs: &Ext4<R>,
    range: &Range<u64>,
    memory: &mut Memory,
) -> Result<Range<u64>, Error> {
    let start = range.start.saturating_sub(range.start % wide(ALIGNMENT));
    let end = range.end.next_multiple_of(wide(ALIGNMENT));
    let end = end.min(fs.volume_bytes().max(range.end));
    fs.read_volume(start, memory.slice(narrow(end.saturating_sub(start))))?;
    Ok(start..end)
}

/// Whether bytes are a chunk, or zeros.
enum Test<'a> {
    Chunk(Box<blake3::Hasher>, &'a ChunkId),
    Zeros(bool),
}

impl<'a> Test<'a> {
    fn new(chunk: Option<&'a ChunkId>, key: &ChunkKey) -> Self {
        match chunk {
            Some(chunk) => Self::Chunk(Box::new(blake3::Hasher::new_keyed(key.expose())), chunk),
            None => Self::Zeros(true),
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        match self {
            Self::Chunk(hasher, _) => {
                hasher.update(bytes);
            }
            Self::Zeros(is_passed) => *is_passed &= bytes.iter().all(|byte| *byte == 0),
        }
    }

    fn is_passed(&self) -> bool {
        match self {
            Self::Chunk(hasher, chunk) => hasher.finalize().as_bytes() == chunk.bytes(),
            Self::Zeros(is_passed) => *is_passed,
        }
    }
}
