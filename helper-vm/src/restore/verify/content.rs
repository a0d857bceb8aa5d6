//! Where the content of a file must lie: its runs, held against the extents of its inode.

use super::batch::Part;
use crate::chunk_id::ChunkId;
use crate::number::{narrow, wide};
use crate::restore::runs::Run;
use qib_ext4::Extent;
use qib_rpc::key::ChunkKey;
use std::ops::Range;

/// The parts that a file is made of, in order and in whole blocks; none when its extents are not
/// what its runs ask for: less, or more than the blocks that they lie in.
pub fn parts(runs: &[Run], extents: &[Extent], block_bytes: u64) -> Option<Vec<Part>> {
    let is_written = extents.iter().all(|extent| extent.written);
    let extents: Vec<Extent> = extents
        .iter()
        .map(|extent| Extent {
            length: extent.length.next_multiple_of(block_bytes),
            ..*extent
        })
        .collect();
    if !is_written || mapped(&extents, block_bytes) != needed(runs, block_bytes) {
        return None;
    }
    let mut parts = Vec::with_capacity(runs.len());
    for (number, run) in runs.iter().enumerate() {
        let begin = run.at.saturating_sub(run.at % block_bytes);
        let before = number.checked_sub(1).and_then(|before| runs.get(before));
        let zeros_from = before.map_or(begin, |before| end(before).max(begin));
        let next = runs.get(number.saturating_add(1));
        let zeros_to = end(run).next_multiple_of(block_bytes);
        let zeros_to = next.map_or(zeros_to, |next| zeros_to.min(next.at));
        for (range, chunk) in [
            (zeros_from.min(run.at)..run.at, None),
            (run.at..end(run), Some(run.chunk)),
            (end(run)..zeros_to.max(end(run)), None),
        ] {
            if !range.is_empty() {
                let mut others = spans(&range, &extents)?.into_iter();
                let first = others.next()?;
                let others = others.collect();
                parts.push(Part {
                    first,
                    others,
                    chunk,
                });
            }
        }
    }
    Some(parts)
}

/// Whether what lies in an inode is what its runs ask for, and zeros beside them.
pub fn is_inline(runs: &[Run], bytes: &[u8], key: &ChunkKey) -> bool {
    let is_zero = |range: Range<u64>| {
        let hole = bytes.get(narrow(range.start)..narrow(range.end));
        hole.is_some_and(|hole| hole.iter().all(|byte| *byte == 0))
    };
    let mut at = 0;
    for run in runs {
        let chunk = bytes.get(narrow(run.at)..narrow(end(run)));
        let is_chunk = chunk.is_some_and(|chunk| ChunkId::of(key, chunk) == run.chunk);
        if !is_chunk || !is_zero(at..run.at) {
            return false;
        }
        at = end(run);
    }
    is_zero(at..wide(bytes.len()))
}

fn end(run: &Run) -> u64 {
    run.at.saturating_add(run.bytes)
}

/// Blocks that the extents map.
fn mapped(extents: &[Extent], block_bytes: u64) -> u64 {
    let blocks = extents.iter().map(|extent| extent.length / block_bytes);
    blocks.fold(0, u64::saturating_add)
}

/// Blocks in which the runs lie.
fn needed(runs: &[Run], block_bytes: u64) -> u64 {
    let (mut blocks, mut covered) = (0_u64, 0);
    for run in runs {
        let to = end(run).div_ceil(block_bytes);
        let from = (run.at / block_bytes).max(covered);
        blocks = blocks.saturating_add(to.saturating_sub(from));
        covered = to;
    }
    blocks
}

/// Where a range of the file lies on the volume; none when a part of it is a hole.
fn spans(range: &Range<u64>, extents: &[Extent]) -> Option<Vec<Range<u64>>> {
    let behind = |extent: &Extent| extent.offset.saturating_add(extent.length);
    let first = extents.partition_point(|extent| behind(extent) <= range.start);
    let mut spans = Vec::with_capacity(1);
    let mut at = range.start;
    for extent in extents.get(first..)? {
        if at >= range.end {
            break;
        }
        let skip = at.checked_sub(extent.offset)?;
        let length = extent
            .length
            .saturating_sub(skip)
            .min(range.end.saturating_sub(at));
        let place = extent.place.saturating_add(skip);
        spans.push(place..place.saturating_add(length));
        at = at.saturating_add(length);
    }
    (at >= range.end).then_some(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_an_inode_is_held_against_its_runs() {
        let key = ChunkKey::new([3; 32]);
        let run = |at, text: &[u8]| Run {
            at,
            bytes: u64::try_from(text.len()).unwrap(),
            chunk: ChunkId::of(&key, text),
        };
        let runs = [run(2, b"abc"), run(6, b"d")];
        let is_it = |bytes: &[u8]| is_inline(&runs, bytes, &key);
        assert!(is_it(b"\0\0abc\0d\0\0"));
        for other in [
            &b"\0\0abX\0d\0\0"[..],
            b"\0Xabc\0d\0\0",
            b"\0\0abcXd\0\0",
            b"\0\0abc\0d\0X",
            b"\0\0abc",
            b"",
        ] {
            assert!(!is_it(other), "{other:?}");
        }
        assert!(is_inline(&[], b"\0\0", &key) && !is_inline(&[], b"x", &key));
    }
}
