//! The free blocks of the new file system, taken one after the other from the first to the
//! last. So their order is a number line without gaps, and a place on it says all about what
//! is used: everything before it.

use std::ops::Range;

/// A row of free blocks.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// The number of its first block among the free ones.
    free: u64,
    /// The number of that block on the volume.
    block: u64,
    blocks: u64,
}

/// All free blocks, in order.
#[derive(Clone, Debug)]
pub struct Space {
    rows: Vec<Row>,
    block_bytes: u64,
}

/// Blocks that follow each other on the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The first of them.
    pub block: u64,
    /// How many.
    pub blocks: u64,
}

impl Space {
    pub(crate) fn new(block_bytes: u64) -> Self {
        Self {
            rows: Vec::new(),
            block_bytes,
        }
    }

    /// Adds free blocks that lie behind all others.
    pub(crate) fn push(&mut self, block: u64, blocks: u64) {
        let free = self.blocks();
        match self.rows.last_mut() {
            _ if blocks == 0 => {}
            Some(last) if last.block + last.blocks == block => last.blocks += blocks,
            _ => self.rows.push(Row {
                free,
                block,
                blocks,
            }),
        }
    }

    /// The same, and more blocks than any volume has.
    pub(crate) fn endless(mut self) -> Self {
        self.push(1 << 40, 1 << 40);
        self
    }

    /// How many rows of blocks there are, with something else between them.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// How many there are.
    pub fn blocks(&self) -> u64 {
        self.rows.last().map_or(0, |last| last.free + last.blocks)
    }

    /// Where `blocks` of the free ones from `free` on lie on the volume.
    pub fn pieces(&self, free: u64, blocks: u64) -> impl Iterator<Item = Piece> + '_ {
        let begin = self
            .rows
            .partition_point(|row| row.free + row.blocks <= free);
        let rows = self.rows.get(begin..).unwrap_or_default().iter();
        let end = free.saturating_add(blocks);
        rows.map_while(move |row| {
            let from = free.max(row.free);
            let to = end.min(row.free + row.blocks);
            (from < to).then(|| Piece {
                block: row.block + (from - row.free),
                blocks: to - from,
            })
        })
    }

    /// Where bytes of the number line lie on the volume: offset and length of each part.
    pub fn spans(&self, at: u64, bytes: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        let block = self.block_bytes;
        let end = at.saturating_add(bytes);
        let first = at / block;
        let mut from = at;
        let pieces = self.pieces(first, end.div_ceil(block) - first);
        pieces.map(move |piece| {
            let inside = from % block;
            let length = (piece.blocks * block - inside).min(end - from);
            from += length;
            (piece.block * block + inside, length)
        })
    }

    /// The parts of a range of the volume, in bytes, in which no free block lies.
    pub fn beside(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let block = self.block_bytes;
        let mut parts = Vec::new();
        let mut from = range.start;
        for free in self.left(0, range.start / block, range.end.div_ceil(block)) {
            let begin = (free.block * block).min(range.end);
            if from < begin {
                parts.push(from..begin);
            }
            from = from.max((free.block + free.blocks) * block);
        }
        if from < range.end {
            parts.push(from..range.end);
        }
        parts
    }

    /// Those that are still free within a part of the volume once all before `free` are taken.
    pub(crate) fn left(&self, free: u64, start: u64, end: u64) -> impl Iterator<Item = Piece> + '_ {
        let begin = self
            .rows
            .partition_point(|row| row.block + row.blocks <= start);
        let rows = self.rows.get(begin..).unwrap_or_default().iter();
        rows.take_while(move |row| row.block < end)
            .filter_map(move |row| {
                let taken = free.saturating_sub(row.free).min(row.blocks);
                let from = (row.block + taken).max(start);
                let to = (row.block + row.blocks).min(end);
                (from < to).then(|| Piece {
                    block: from,
                    blocks: to - from,
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space() -> Space {
        let mut space = Space::new(1024);
        for (block, blocks) in [(10, 5), (15, 1), (20, 0), (30, 4)] {
            space.push(block, blocks);
        }
        space
    }

    fn piece(block: u64, blocks: u64) -> Piece {
        Piece { block, blocks }
    }

    #[test]
    fn free_blocks_are_one_number_line() {
        let space = space();
        assert_eq!(space.blocks(), 10);
        let pieces: Vec<Piece> = space.pieces(4, 4).collect();
        assert_eq!(pieces, [piece(14, 2), piece(30, 2)]);
        assert_eq!(space.pieces(6, 1).collect::<Vec<_>>(), [piece(30, 1)]);
        assert_eq!(space.pieces(10, 1).count(), 0);
    }

    #[test]
    fn bytes_lie_where_their_blocks_do() {
        let spans: Vec<(u64, u64)> = space().spans(5 * 1024 + 1000, 1100).collect();
        assert_eq!(spans, [(15 * 1024 + 1000, 24), (30 * 1024, 1076)]);
        assert_eq!(
            space().spans(7, 9).collect::<Vec<_>>(),
            [(10 * 1024 + 7, 9)]
        );
    }

    #[test]
    fn what_is_not_free_lies_beside_it() {
        let beside = |from: u64, to: u64| -> Vec<(u64, u64)> {
            let parts = space().beside(from..to).into_iter();
            parts.map(|part| (part.start, part.end)).collect()
        };
        let parts = [(0, 10_240), (16_384, 30_720), (34_816, 40_000)];
        assert_eq!(beside(0, 40_000), parts);
        assert_eq!(beside(10_245, 16_000), []);
        assert_eq!(beside(9000, 10_245), [(9000, 10_240)]);
        assert_eq!(beside(16_000, 16_385), [(16_384, 16_385)]);
    }

    #[test]
    fn what_is_left_lies_behind_the_place() {
        let space = space();
        let left: Vec<Piece> = space.left(3, 0, 32).collect();
        assert_eq!(left, [piece(13, 3), piece(30, 2)]);
        assert_eq!(space.left(7, 0, 31).count(), 0);
        assert_eq!(space.left(0, 12, 14).collect::<Vec<_>>(), [piece(12, 2)]);
    }
}
