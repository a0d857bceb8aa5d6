//! The places of a file's data.

use crate::block_writer::BlockWriter;
use crate::error::{Impossible, Result};
use crate::extents::Extents;
use crate::fields::low32;
use crate::taking::Taking;

/// A part of a file that is no hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Offset in the file, in bytes.
    pub at: u64,
    /// Length in bytes, not zero.
    pub bytes: u64,
}

/// Where a run belongs: on the number line of all free blocks, see [`Space`](crate::Space).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Bytes from its start to that of the zeros before the run.
    pub at: u64,
    /// Zeros that belong before it: the block's begin.
    pub zeros_before: u32,
    /// Zeros that belong behind it: the block's rest, or what lies before the next run there.
    pub zeros_behind: u32,
}

/// Takes blocks for the runs of a file; returns where each belongs, and how many blocks.
pub(crate) fn place(
    size: u64,
    runs: &[Run],
    extents: &mut Extents,
    taking: &mut Taking<impl BlockWriter>,
) -> Result<(Vec<Placed>, u64)> {
    let block = taking.shape().block_bytes();
    // The last block that can be numbered has the number 2^32 - 2.
    if size.div_ceil(block) > u64::from(u32::MAX) {
        return Err(Impossible::FileSize.into());
    }
    let mut places = Vec::with_capacity(runs.len());
    // Blocks of the file before this one have their place, or are holes.
    let (mut logical, mut blocks, mut covered) = (0, 0, 0);
    for (number, run) in runs.iter().enumerate() {
        let end = run.at + run.bytes;
        let (from, to) = ((run.at / block).max(logical), end.div_ceil(block));
        let first = taking.take(to - from)?;
        taking.extend(extents, low32(from), first, to - from);
        // A run that begins in the last block of the one before has no other block for that.
        let first = if run.at / block < from {
            first - 1
        } else {
            first
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
    Ok((places, blocks))
}
