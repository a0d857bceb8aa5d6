//! A directory, once all its names are known: one block, or a hash tree.

use qib_ext4::FileType;

use crate::block_writer::BlockWriter;
use crate::dir_block::{DirBlock, Sealing};
use crate::error::Result;
use crate::extents::Extents;
use crate::fields::wide;
use crate::hash_tree::HashTree;
use crate::inode::Map;
use crate::names::{Name, Names};
use crate::taking::Taking;

/// Blocks are written together up to so many bytes.
const AT_ONCE: usize = 1 << 20;

/// Where the names of a directory are.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) map: Map,
    /// Blocks of names.
    pub(crate) data_blocks: u64,
    /// Blocks of extents.
    pub(crate) node_blocks: u64,
}

/// A directory and the one that it lies in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) inode: u32,
    pub(crate) parent: u32,
}

/// Writes a directory that takes at least so many blocks.
pub(crate) fn write(
    names: &Names,
    place: Place,
    least_blocks: usize,
    taking: &mut Taking<impl BlockWriter>,
) -> Result<Written> {
    let sealing = Sealing {
        seed: taking.shape().inode_seed(place.inode),
        length: taking.shape().block_length(),
    };
    if let Some(first) = one_block(names, place, sealing) {
        let mut blocks = first;
        for _ in 1..least_blocks {
            blocks.extend(DirBlock::new(sealing).finish());
        }
        let count = wide(blocks.len() / sealing.length);
        let data = taking.take(count)?;
        taking.write_taken(data, &blocks)?;
        return written(place, data, count, false, taking);
    }
    match taking.shape().hash {
        Some(hash) => {
            let levels = taking.shape().hash_levels;
            let tree = HashTree::new(names, &hash, sealing, levels)?;
            let count = wide(tree.blocks());
            let data = taking.take(count)?;
            let leaves = tree.leaves(names).map(|names| leaf(names, sealing));
            let nodes = tree.nodes(place.inode, place.parent).into_iter();
            stream(nodes.chain(leaves), data, taking)?;
            written(place, data, count, true, taking)
        }
        None => {
            let blocks = row(names, place, sealing);
            let count = wide(blocks.len());
            let data = taking.take(count)?;
            stream(blocks.into_iter(), data, taking)?;
            written(place, data, count, false, taking)
        }
    }
}

fn written(
    place: Place,
    data: u64,
    data_blocks: u64,
    is_indexed: bool,
    taking: &mut Taking<impl BlockWriter>,
) -> Result<Written> {
    let mut extents = Extents::default();
    taking.extend(&mut extents, 0, data, data_blocks);
    let (map, node_blocks) = extents.write(place.inode, taking)?;
    Ok(Written {
        map: if is_indexed {
            Map::Indexed(map)
        } else {
            Map::Extents(map)
        },
        data_blocks,
        node_blocks,
    })
}

/// The two names that every directory begins with.
fn dots(place: Place) -> [Name<'static>; 2] {
    [(place.inode, &b"."[..]), (place.parent, b"..")].map(|(inode, bytes)| Name {
        inode,
        file_type: FileType::Directory,
        bytes,
    })
}

/// All names in one block, if they fit.
fn one_block(names: &Names, place: Place, sealing: Sealing) -> Option<Vec<u8>> {
    let mut block = DirBlock::new(sealing);
    let mut all = dots(place).into_iter().chain(names.iter());
    all.all(|name| block.push(name)).then(|| block.finish())
}

/// All names, one after the other, where directories have no tree.
fn row(names: &Names, place: Place, sealing: Sealing) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    let mut block = DirBlock::new(sealing);
    for name in dots(place).into_iter().chain(names.iter()) {
        if !block.push(name) {
            let full = std::mem::replace(&mut block, DirBlock::new(sealing));
            blocks.push(full.finish());
            let fits = block.push(name);
            debug_assert!(fits, "a name that no block holds");
        }
    }
    blocks.push(block.finish());
    blocks
}

fn leaf<'a>(names: impl Iterator<Item = Name<'a>>, sealing: Sealing) -> Vec<u8> {
    let mut block = DirBlock::new(sealing);
    for name in names {
        let fits = block.push(name);
        debug_assert!(fits, "a leaf that is too full");
    }
    block.finish()
}

/// Writes blocks to those taken from `first` on.
fn stream(
    blocks: impl Iterator<Item = Vec<u8>>,
    first: u64,
    taking: &Taking<impl BlockWriter>,
) -> Result<()> {
    let mut pending = Vec::new();
    let mut at = first;
    for block in blocks {
        pending.extend(block);
        if pending.len() >= AT_ONCE {
            taking.write_taken(at, &pending)?;
            at += wide(pending.len() / taking.shape().block_length());
            pending.clear();
        }
    }
    taking.write_taken(at, &pending)
}
