//! The tree of extents of a file: where its data is, block by block.

use crate::block_writer::BlockWriter;
use crate::error::Result;
use crate::fields::{high32, low16, low32, put16, put32};
use crate::taking::Taking;
use qib_ext4::crc32c;

const MAGIC: u16 = 0xF30A;
const ENTRY: usize = 12;
/// Entries in the inode itself.
const ROOT_ENTRIES: usize = 4;
/// The longest written extent, in blocks.
const LONGEST: u64 = 0x8000;

/// Blocks of a file that follow each other in it and on the volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The number of its first block in the file.
    logical: u32,
    block: u64,
    blocks: u16,
}

/// An entry of any node: of a leaf, or one that leads to a node.
type Entry = [u8; ENTRY];

/// The extents of one file, in order.
#[derive(Debug, Default)]
pub(crate) struct Extents(Vec<Extent>);

impl Extents {
    /// Adds blocks that lie behind all others in the file.
    pub(crate) fn push(&mut self, mut logical: u32, mut block: u64, mut blocks: u64) {
        if let Some(last) = self.0.last_mut() {
            let last_blocks = u64::from(last.blocks);
            let follows = u64::from(last.logical) + last_blocks == u64::from(logical)
                && last.block + last_blocks == block;
            if follows {
                let more = blocks.min(LONGEST - last_blocks);
                last.blocks += low16(low32(more));
                (logical, block, blocks) = (logical + low32(more), block + more, blocks - more);
            }
        }
        while blocks > 0 {
            let length = blocks.min(LONGEST);
            self.0.push(Extent {
                logical,
                block,
                blocks: low16(low32(length)),
            });
            blocks -= length;
            block += length;
            // The last block of the longest file is followed by none.
            logical = logical.saturating_add(low32(length));
        }
    }

    /// Writes the nodes that do not fit into the inode; returns what goes there, and how many
    /// blocks the nodes take.
    pub(crate) fn write(
        &self,
        inode: u32,
        taking: &mut Taking<impl BlockWriter>,
    ) -> Result<([u8; 60], u64)> {
        let seed = taking.shape().inode_seed(inode);
        let block_length = taking.shape().block_length();
        let room = (block_length - 16) / ENTRY;
        let mut entries: Vec<Entry> = self.0.iter().map(leaf_entry).collect();
        let (mut depth, mut nodes) = (0, 0);
        while entries.len() > ROOT_ENTRIES {
            let count = entries.len().div_ceil(room);
            let mut blocks = Vec::with_capacity(count.saturating_mul(block_length));
            for entries in entries.chunks(room) {
                blocks.extend(node_block(entries, room, depth, seed, block_length));
            }
            let places = taking.write(&blocks)?;
            let first = entries.chunks(room).map(|node| node.first());
            let above = first
                .flatten()
                .zip(places)
                .map(|(first, place)| index_entry(first, place));
            entries = above.collect();
            nodes += count;
            depth += 1;
        }
        let mut root = [0; 60];
        fill(&mut root, &entries, ROOT_ENTRIES, depth);
        Ok((root, u64::try_from(nodes).unwrap_or(u64::MAX)))
    }
}

fn leaf_entry(extent: &Extent) -> Entry {
    let mut entry = [0; ENTRY];
    put32(&mut entry, 0x0, extent.logical);
    put16(&mut entry, 0x4, extent.blocks);
    put16(&mut entry, 0x6, low16(high32(extent.block)));
    put32(&mut entry, 0x8, low32(extent.block));
    entry
}

/// The entry that leads to a node, by the first entry in it.
fn index_entry(first: &Entry, place: u64) -> Entry {
    let mut entry = [0; ENTRY];
    let [a, b, c, d, ..] = *first;
    put32(&mut entry, 0x0, u32::from_le_bytes([a, b, c, d]));
    put32(&mut entry, 0x4, low32(place));
    put16(&mut entry, 0x8, low16(high32(place)));
    entry
}

fn node_block(entries: &[Entry], room: usize, depth: u16, seed: u32, length: usize) -> Vec<u8> {
    let mut block = vec![0; length];
    fill(&mut block, entries, room, depth);
    let end = ENTRY * (room + 1);
    let crc = crc32c(seed, block.get(..end).unwrap_or_default());
    put32(&mut block, end, crc);
    block
}

fn fill(node: &mut [u8], entries: &[Entry], room: usize, depth: u16) {
    let number = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    put16(node, 0x0, MAGIC);
    put16(node, 0x2, number(entries.len()));
    put16(node, 0x4, number(room));
    put16(node, 0x6, depth);
    let slots = node
        .get_mut(ENTRY..)
        .unwrap_or_default()
        .chunks_exact_mut(ENTRY);
    for (slot, entry) in slots.zip(entries) {
        slot.copy_from_slice(entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_one_extent_up_to_the_longest() {
        let mut extents = Extents::default();
        extents.push(0, 100, 0x7FFF);
        extents.push(0x7FFF, 100 + 0x7FFF, 0x1_0001);
        extents.push(0x2_0000, 5, 1);
        let found = extents.0.iter();
        let found: Vec<_> = found
            .map(|one| (one.logical, one.block, one.blocks))
            .collect();
        let expected = [
            (0, 100, 0x8000),
            (0x8000, 100 + 0x8000, 0x8000),
            (0x1_0000, 100 + 0x1_0000, 0x8000),
            (0x2_0000, 5, 1),
        ];
        assert_eq!(found, expected);
    }
}
