//! The walk through an extent tree, in the order of the file.

use crate::block_reader::BlockReader;
use crate::error::{Error, Fault, Site, Structure};
use crate::ext4::Ext4;
use crate::extent_node::{ExtentEntry, ExtentNode};
use crate::extents::BlockRun;
use crate::inode::Inode;
use crate::numbers::PhysicalBlock;

/// A walk under way: at most one node for each level of the tree.
///
/// **Invariant:** every entry lies behind the one before it, so no node is met twice.
pub(crate) struct ExtentTree {
    levels: Vec<Level>,
    /// No later entry may begin before this logical block.
    next_logical: u64,
    seed: Option<u32>,
    site: Site,
}

struct Level {
    node: ExtentNode,
    next_entry: u16,
}

impl ExtentTree {
    pub(crate) fn new(inode: &Inode, seed: Option<u32>) -> Result<Self, Error> {
        let site = inode.site(Structure::ExtentNode);
        let node = ExtentNode::root(&inode.block_map, site)?;
        Ok(Self {
            levels: vec![Level {
                node,
                next_entry: 0,
            }],
            next_logical: 0,
            seed,
            site,
        })
    }

    /// The next extent that the tree has. Reads at most one node for each level.
    pub(crate) fn next<R: BlockReader>(&mut self, fs: &Ext4<R>) -> Result<Option<BlockRun>, Error> {
        while let Some(level) = self.levels.last_mut() {
            let entry = level.node.entry(level.next_entry)?;
            level.next_entry = level.next_entry.saturating_add(1);
            match entry {
                None => drop(self.levels.pop()),
                Some(ExtentEntry::Index {
                    logical,
                    untrusted_node,
                }) => {
                    self.descend(fs, logical, untrusted_node)?;
                }
                Some(ExtentEntry::Leaf {
                    logical,
                    untrusted_start,
                    blocks,
                    written,
                }) => {
                    let logical = self.in_order(logical)?;
                    let blocks = u64::from(blocks);
                    let start = self.place(fs, untrusted_start, blocks)?;
                    self.next_logical = logical.saturating_add(blocks);
                    return Ok(Some(BlockRun {
                        logical,
                        start,
                        blocks,
                        written,
                    }));
                }
            }
        }
        Ok(None)
    }

    fn descend<R: BlockReader>(
        &mut self,
        fs: &Ext4<R>,
        logical: u32,
        untrusted_node: u64,
    ) -> Result<(), Error> {
        self.next_logical = self.in_order(logical)?;
        let below = self
            .levels
            .last()
            .and_then(|level| level.node.depth_below());
        let depth = below.ok_or_else(|| self.site.fault(Fault::Depth))?;
        let place = self.place(fs, untrusted_node, 1)?;
        let node = ExtentNode::block(fs.block(place)?, depth, self.seed, self.site)?;
        self.levels.push(Level {
            node,
            next_entry: 0,
        });
        Ok(())
    }

    fn in_order(&self, logical: u32) -> Result<u64, Error> {
        let logical = u64::from(logical);
        if logical < self.next_logical {
            return Err(self.site.fault(Fault::Order));
        }
        Ok(logical)
    }

    fn place<R: BlockReader>(
        &self,
        fs: &Ext4<R>,
        untrusted_start: u64,
        blocks: u64,
    ) -> Result<PhysicalBlock, Error> {
        let place = fs.super_block().run(untrusted_start, blocks);
        place.ok_or_else(|| self.site.fault(Fault::OutOfVolume))
    }
}
