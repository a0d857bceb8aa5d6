//! The walk through the block map of ext2 and ext3: pointers to blocks, and blocks of pointers.

use crate::block_reader::BlockReader;
use crate::error::{Error, Fault, Site, Structure};
use crate::ext4::Ext4;
use crate::extents::BlockRun;
use crate::fields::{Fields, to_u64};
use crate::inode::Inode;
use crate::super_block::SuperBlock;

const DIRECT: usize = 12;

/// A walk under way: at most one block of pointers for each of three levels.
pub(crate) struct IndirectBlocks {
    levels: Vec<Level>,
    /// The logical block of the next pointer.
    logical: u64,
    pointers_per_block: u64,
    /// Blocks of pointers that may still be read: each should be a block of its own.
    reads_left: u64,
    site: Site,
}

struct Level {
    bytes: Vec<u8>,
    next_pointer: usize,
    /// How many levels of pointers are below; None in the inode, where it depends on the pointer.
    below: Option<u32>,
}

impl IndirectBlocks {
    pub(crate) fn new(inode: &Inode, sb: &SuperBlock) -> Self {
        let root = Level {
            bytes: inode.block_map.to_vec(),
            next_pointer: 0,
            below: None,
        };
        Self {
            levels: vec![root],
            logical: 0,
            pointers_per_block: u64::from(sb.block_size / 4),
            reads_left: sb.blocks,
            site: inode.site(Structure::IndirectBlock),
        }
    }

    /// The next block that is not a hole.
    pub(crate) fn next<R: BlockReader>(
        &mut self,
        fs: &Ext4<R>,
        end_logical: u64,
    ) -> Result<Option<BlockRun>, Error> {
        while let Some((pointer, below)) = self.next_pointer(end_logical)? {
            let Some(pointer) = pointer else {
                self.logical = self.logical.saturating_add(self.span(below));
                continue;
            };
            let place = fs.super_block().run(pointer.into(), 1);
            let start = place.ok_or_else(|| self.site.fault(Fault::OutOfVolume))?;
            let Some(below) = below.checked_sub(1) else {
                let logical = self.logical;
                self.logical = logical.saturating_add(1);
                return Ok(Some(BlockRun {
                    logical,
                    start,
                    blocks: 1,
                    written: true,
                }));
            };
            let left = self.reads_left.checked_sub(1);
            self.reads_left = left.ok_or_else(|| self.site.fault(Fault::TooManyBlocks))?;
            let bytes = fs.block(start)?;
            self.levels.push(Level {
                bytes,
                next_pointer: 0,
                below: Some(below),
            });
        }
        Ok(None)
    }

    /// A pointer, None for a hole, and how many levels are below it.
    fn next_pointer(&mut self, end_logical: u64) -> Result<Option<(Option<u32>, u32)>, Error> {
        while let Some(level) = self.levels.last_mut() {
            let at = level.next_pointer.saturating_mul(4);
            if at >= level.bytes.len() || self.logical >= end_logical {
                self.levels.pop();
                continue;
            }
            let below = level
                .below
                .unwrap_or_else(|| below_root(level.next_pointer));
            level.next_pointer = level.next_pointer.saturating_add(1);
            let pointer = Fields::new(&level.bytes, self.site).u32(at)?;
            return Ok(Some(((pointer != 0).then_some(pointer), below)));
        }
        Ok(None)
    }

    /// How many blocks of the file a pointer stands for.
    fn span(&self, below: u32) -> u64 {
        self.pointers_per_block.saturating_pow(below)
    }
}

fn below_root(pointer: usize) -> u32 {
    u32::try_from(to_u64(pointer.saturating_sub(DIRECT - 1))).unwrap_or(0)
}
