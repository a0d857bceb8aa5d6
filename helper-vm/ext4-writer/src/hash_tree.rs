//! The hash tree of a directory of more than a block: which names go into which leaf, and the
//! root and nodes by which a reader finds the leaf.

use std::ops::Range;

use qib_ext4::crc32c;

use crate::dir_block::{Sealing, entry_length, put_entry, record_length};
use crate::error::{Impossible, Result};
use crate::fields::{put, put16, put32};
use crate::hash::NameHash;
use crate::names::{Name, Names};

const HALF_MD4: u8 = 1;
/// In the root the entries `.` and `..` and a header come first.
const ROOT_COUNT_AT: usize = 0x20;
const ROOT_HEADER_AT: usize = 0x18;
const ROOT_HEADER: u8 = 8;
/// In a node a record comes first that looks like one unused entry.
const NODE_COUNT_AT: usize = 0x8;
const ENTRY: usize = 8;
const TAIL: usize = 8;
/// Leaves are filled so far, that a name more does not split them at once.
const FILLED: (usize, usize) = (4, 5);

/// The names of a directory, in leaves.
#[derive(Debug)]
pub(crate) struct HashTree {
    /// The names by their numbers, in the order of their hashes.
    order: Vec<(u32, u32, u32)>,
    leaves: Vec<Leaf>,
    sealing: Sealing,
    /// How many nodes each level has, from below.
    levels: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Leaf {
    names: Range<usize>,
    hash: u32,
}

impl HashTree {
    /// Divides the names.
    ///
    /// # Errors
    /// When there are more than a tree of so many levels of nodes can hold.
    pub(crate) fn new(
        names: &Names,
        hash: &NameHash,
        sealing: Sealing,
        most_levels: u8,
    ) -> Result<Self> {
        let numbered = (0_u32..).zip(names.iter());
        let mut order: Vec<(u32, u32, u32)> = numbered
            .map(|(number, name)| {
                let (major, minor) = hash.of(name.bytes);
                (major, minor, number)
            })
            .collect();
        order.sort_unstable();
        let leaves = leaves(names, &order, sealing);
        let mut levels = Vec::new();
        let mut below = leaves.len();
        while below > room(sealing, ROOT_COUNT_AT) {
            below = below.div_ceil(room(sealing, NODE_COUNT_AT));
            levels.push(below);
        }
        if levels.len() > usize::from(most_levels) {
            return Err(Impossible::Directory.into());
        }
        Ok(Self {
            order,
            leaves,
            sealing,
            levels,
        })
    }

    /// Blocks of the directory: the root, the nodes from above, the leaves.
    pub(crate) fn blocks(&self) -> usize {
        1 + self.levels.iter().sum::<usize>() + self.leaves.len()
    }

    /// The names of each leaf.
    pub(crate) fn leaves<'a>(
        &'a self,
        names: &'a Names,
    ) -> impl Iterator<Item = impl Iterator<Item = Name<'a>>> {
        self.leaves.iter().map(move |leaf| {
            let order = self.order.get(leaf.names.clone()).unwrap_or_default();
            let numbers = order.iter().map(|(_, _, number)| *number);
            numbers.filter_map(|number| names.get(usize::try_from(number).ok()?))
        })
    }

    /// The root and the nodes, in the order of their blocks.
    pub(crate) fn nodes(&self, inode: u32, parent: u32) -> Vec<Vec<u8>> {
        let mut rows = vec![self.leaf_row()];
        let node_room = room(self.sealing, NODE_COUNT_AT);
        let mut levels = Vec::new();
        for count in &self.levels {
            let below = rows.pop().unwrap_or_default();
            let first = 1 + self.nodes_above(levels.len());
            let nodes: Vec<Vec<u8>> = below.chunks(node_room).map(|row| self.node(row)).collect();
            debug_assert_eq!(nodes.len(), *count);
            let firsts = below.chunks(node_room).filter_map(|row| row.first());
            let above = firsts.zip(first..).map(|((hash, _), block)| (*hash, block));
            rows.push(above.collect::<Vec<_>>());
            levels.push(nodes);
        }
        let top = rows.pop().unwrap_or_default();
        let mut blocks = vec![self.root(&top, inode, parent)];
        blocks.extend(levels.into_iter().rev().flatten());
        blocks
    }

    /// How many nodes lie in front of those of a level, counted from below.
    fn nodes_above(&self, level: usize) -> usize {
        self.levels.iter().skip(level + 1).sum()
    }

    /// The hash from which on each leaf holds names, and its block.
    fn leaf_row(&self) -> Vec<(u32, usize)> {
        let first = 1 + self.levels.iter().sum::<usize>();
        let leaves = self.leaves.iter().zip(first..);
        leaves.map(|(leaf, block)| (leaf.hash, block)).collect()
    }

    fn root(&self, row: &[(u32, usize)], inode: u32, parent: u32) -> Vec<u8> {
        let mut block = vec![0; self.sealing.length];
        let directory = qib_ext4::FileType::Directory;
        let name = |inode, bytes| Name {
            inode,
            file_type: directory,
            bytes,
        };
        put_entry(&mut block, name(inode, b"."), entry_length(1));
        let rest = self.sealing.length - entry_length(1);
        if let Some(bytes) = block.get_mut(entry_length(1)..) {
            put_entry(bytes, name(parent, b".."), rest);
        }
        let levels = u8::try_from(self.levels.len()).unwrap_or(u8::MAX);
        put(
            &mut block,
            ROOT_HEADER_AT + 4,
            [HALF_MD4, ROOT_HEADER, levels],
        );
        fill(&mut block, ROOT_COUNT_AT, row, self.sealing);
        block
    }

    fn node(&self, row: &[(u32, usize)]) -> Vec<u8> {
        let mut block = vec![0; self.sealing.length];
        put16(&mut block, 0x4, record_length(self.sealing.length));
        fill(&mut block, NODE_COUNT_AT, row, self.sealing);
        block
    }
}

/// Entries of a root or node.
fn room(sealing: Sealing, count_at: usize) -> usize {
    (sealing.length - count_at - TAIL) / ENTRY
}

fn leaves(names: &Names, order: &[(u32, u32, u32)], sealing: Sealing) -> Vec<Leaf> {
    let most = sealing.room() / FILLED.1 * FILLED.0;
    let mut leaves: Vec<Leaf> = Vec::new();
    let (mut filled, mut last_hash) = (usize::MAX, None);
    for (place, (hash, _, number)) in order.iter().enumerate() {
        let name = usize::try_from(*number)
            .ok()
            .and_then(|number| names.get(number));
        let length = entry_length(name.map_or(0, |name| name.bytes.len()));
        match leaves.last_mut() {
            Some(leaf) if filled.saturating_add(length) <= most => {
                leaf.names.end = place + 1;
                filled += length;
            }
            _ => {
                // The lowest bit says that names with this hash are in the leaf before, too.
                let continued = u32::from(last_hash == Some(*hash));
                let first = if leaves.is_empty() { 0 } else { *hash };
                leaves.push(Leaf {
                    names: place..place + 1,
                    hash: first | continued,
                });
                filled = length;
            }
        }
        last_hash = Some(*hash);
    }
    leaves
}

/// Puts entries, whose first has no hash but the numbers of entries, and the checksum.
fn fill(block: &mut [u8], count_at: usize, row: &[(u32, usize)], sealing: Sealing) {
    let number = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let room = room(sealing, count_at);
    let places = (count_at..).step_by(ENTRY);
    for (at, (hash, place)) in places.zip(row) {
        put32(block, at, *hash);
        put32(block, at + 4, u32::try_from(*place).unwrap_or(u32::MAX));
    }
    put16(block, count_at, number(room));
    put16(block, count_at + 2, number(row.len()));
    let used = block
        .get(..count_at + row.len() * ENTRY)
        .unwrap_or_default();
    let crc = crc32c(crc32c(sealing.seed, used), &[0; TAIL]);
    put32(block, count_at + room * ENTRY + 4, crc);
}
