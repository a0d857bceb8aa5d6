//! Where the data of a file lies, seen from the first of its blocks.

use crate::error::{Impossible, Result};
use crate::fields::low32;

/// A part of a file that is no hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Offset in the file, in bytes.
    pub at: u64,
    /// Length in bytes, not zero.
    pub bytes: u64,
}

/// Where a run belongs among the blocks that its file takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Bytes from the start of the first block to that of the zeros before the run.
    pub at: u64,
    /// Zeros that belong before it: the block's begin.
    pub zeros_before: u32,
    /// Zeros that belong behind it: the block's rest, or what lies before the next run there.
    pub zeros_behind: u32,
}

/// The blocks of a file, which follow each other on the number line of all free ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(crate) size: u64,
    /// Rows of blocks: the number of the first one in the file, and how many.
    pub(crate) rows: Vec<(u32, u64)>,
    blocks: u64,
    places: Vec<Placed>,
}

impl Layout {
    /// The layout of a file of `size` bytes with these runs, in order; the rest are holes.
    ///
    /// # Errors
    /// When the file is too long for ext4.
    pub fn new(size: u64, runs: &[Run], block_size: u32) -> Result<Self> {
        let block = u64::from(block_size);
        // The last block that can be numbered has the number 2^32 - 2.
        if size.div_ceil(block) > u64::from(u32::MAX) {
            return Err(Impossible::FileSize.into());
        }
        let (mut rows, mut places) = (Vec::new(), Vec::with_capacity(runs.len()));
        // Blocks of the file before this one have their place, or are holes.
        let (mut logical, mut blocks, mut covered) = (0, 0_u64, 0);
        for (number, run) in runs.iter().enumerate() {
            let end = run.at + run.bytes;
            let (from, to) = ((run.at / block).max(logical), end.div_ceil(block));
            if to > from {
                rows.push((low32(from), to - from));
            }
            // A run that begins in the last block of the one before has no other block for that.
            let first = if run.at / block < from {
                blocks - 1
            } else {
                blocks
            };
            let inside = run.at % block;
            let before = inside.min(run.at - covered);
            let next = runs.get(number + 1).map_or(u64::MAX, |next| next.at);
            let behind = next.min(to * block) - end;
            places.push(Placed {
                at: first * block + inside - before,
                zeros_before: low32(before),
                zeros_behind: low32(behind),
            });
            covered = end + behind;
            blocks += to - from;
            logical = to;
        }
        Ok(Self {
            size,
            rows,
            blocks,
            places,
        })
    }

    /// How many blocks it takes.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Where each run belongs.
    pub fn places(&self) -> &[Placed] {
        &self.places
    }
}
