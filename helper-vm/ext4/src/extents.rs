//! Where the data of a file lies: runs of blocks, whichever way the inode maps them.

use crate::block_reader::BlockReader;
use crate::error::{Error, Fault, Site, Structure};
use crate::ext4::Ext4;
use crate::extent_tree::ExtentTree;
use crate::indirect_blocks::IndirectBlocks;
use crate::inode::Inode;
use crate::numbers::PhysicalBlock;

/// A range of a file that has blocks. What lies between two of them is a hole.
///
/// Offset and place are multiples of the block size; so is the length, but for
/// the last one, which ends with the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// Bytes from the start of the volume.
    pub place: u64,
    /// Bytes; never zero.
    pub length: u64,
    /// False for space that was set aside and never written: it reads as zeros,
    /// and what lies there belongs to files that are gone.
    pub written: bool,
}

impl Extent {
    /// Appends what follows both in the file and on the volume.
    fn join(&mut self, next: &Self) -> bool {
        let end = |start: u64| start.checked_add(self.length);
        let follows = end(self.offset) == Some(next.offset)
            && end(self.place) == Some(next.place)
            && self.written == next.written;
        if follows {
            self.length = self.length.saturating_add(next.length);
        }
        follows
    }
}

/// Consecutive blocks of a file that are also consecutive on the volume.
pub(crate) struct BlockRun {
    pub(crate) logical: u64,
    pub(crate) start: PhysicalBlock,
    pub(crate) blocks: u64,
    pub(crate) written: bool,
}

enum Walk {
    Tree(ExtentTree),
    Indirect(IndirectBlocks),
    Ended,
}

/// The extents of one inode in the order of the file, joined where they touch, cut at its end.
///
/// Ends after the first error. Memory: one block for each level of the map.
pub struct Extents<'a, R> {
    fs: &'a Ext4<R>,
    walk: Walk,
    size: u64,
    site: Site,
    /// Blocks that may still be mapped before the inode claims more than the volume has.
    blocks_left: u64,
    pending: Option<Extent>,
}

impl<'a, R: BlockReader> Extents<'a, R> {
    /// The inode must be one that has data: no device, no target within the inode.
    pub(crate) fn new(fs: &'a Ext4<R>, inode: &Inode) -> Result<Self, Error> {
        inode.require_plain()?;
        let sb = fs.super_block();
        let walk = if inode.flags.inline_data() {
            Walk::Ended
        } else if inode.flags.extents() {
            Walk::Tree(ExtentTree::new(inode, fs.seed(inode))?)
        } else {
            Walk::Indirect(IndirectBlocks::new(inode, sb))
        };
        let site = inode.site(Structure::Inode);
        Ok(Self {
            fs,
            walk,
            size: inode.size,
            site,
            blocks_left: sb.blocks,
            pending: None,
        })
    }

    fn next_run(&mut self) -> Result<Option<BlockRun>, Error> {
        let end_logical = self.size.div_ceil(u64::from(self.fs.block_size()));
        let run = match &mut self.walk {
            Walk::Tree(tree) => tree.next(self.fs)?,
            Walk::Indirect(blocks) => blocks.next(self.fs, end_logical)?,
            Walk::Ended => None,
        };
        let Some(run) = run.filter(|run| run.logical < end_logical) else {
            return Ok(None);
        };
        let left = self.blocks_left.checked_sub(run.blocks);
        self.blocks_left = left.ok_or_else(|| self.site.fault(Fault::TooManyBlocks))?;
        Ok(Some(run))
    }

    fn next_extent(&mut self) -> Result<Option<Extent>, Error> {
        let block_size = u64::from(self.fs.block_size());
        Ok(self.next_run()?.map(|run| {
            let offset = run.logical.saturating_mul(block_size);
            Extent {
                offset,
                place: self.fs.super_block().offset(run.start),
                length: run
                    .blocks
                    .saturating_mul(block_size)
                    .min(self.size.saturating_sub(offset)),
                written: run.written,
            }
        }))
    }

    fn next_joined(&mut self) -> Result<Option<Extent>, Error> {
        loop {
            let Some(next) = self.next_extent()? else {
                self.walk = Walk::Ended;
                return Ok(self.pending.take());
            };
            if self
                .pending
                .as_mut()
                .is_some_and(|pending| pending.join(&next))
            {
                continue;
            }
            if let Some(done) = self.pending.replace(next) {
                return Ok(Some(done));
            }
        }
    }
}

impl<R: BlockReader> Iterator for Extents<'_, R> {
    type Item = Result<Extent, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.next_joined();
        if found.is_err() {
            self.walk = Walk::Ended;
            self.pending = None;
        }
        found.transpose()
    }
}
