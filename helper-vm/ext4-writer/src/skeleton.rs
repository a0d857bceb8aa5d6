//! The empty file system that mke2fs made, as it is before it is filled.
//!
//! What mke2fs put there stays, but for the blocks of the root and of `lost+found`: they are
//! given back, and both directories are made like all others.

mod free;

use std::ops::Range;

use qib_ext4::{BlockReader, Ext4, Inode, InodeNumber};

use crate::error::{Error, Result};
use crate::fields::narrow;
use crate::group::Group;
use crate::shape::Shape;
use crate::space::Space;
use free::space;

pub(crate) use free::each_bit;

const SUPER_BLOCK_AT: u64 = 1024;
const SUPER_BLOCK_LENGTH: usize = 1024;
/// `lost+found` is the first ordinary inode.
const LOST_AND_FOUND: u32 = 11;

/// An empty file system, read once.
#[derive(Clone, Debug)]
pub struct Skeleton {
    pub(crate) shape: Shape,
    pub(crate) super_block: Vec<u8>,
    pub(crate) groups: Vec<Group>,
    pub(crate) space: Space,
    /// The last inode that is in use.
    pub(crate) last_inode: u32,
    journal: Vec<Range<u64>>,
}

impl Skeleton {
    /// Reads it.
    ///
    /// # Errors
    /// When it is damaged, is not empty, or has a layout that is not written here.
    pub fn read(reader: &impl BlockReader) -> Result<Self> {
        let fs = Ext4::open(reader)?;
        let mut super_block = vec![0; SUPER_BLOCK_LENGTH];
        reader.read_at(SUPER_BLOCK_AT, &mut super_block)?;
        let shape = Shape::decode(&super_block)?;
        let groups = groups(reader, &shape)?;
        let last_inode = last_inode(&shape, &groups)?;
        let freed = freed(&fs)?;
        let space = space(reader, &shape, &groups, &freed)?;
        Ok(Self {
            journal: journal(&fs)?,
            shape,
            super_block,
            groups,
            space,
            last_inode,
        })
    }

    /// The same with blocks without end: to find out how many a tree takes.
    pub fn endless(mut self) -> Self {
        self.space = self.space.endless();
        self
    }

    /// Bytes of a block.
    pub fn block_size(&self) -> u32 {
        self.shape.block_size
    }

    /// The blocks that can be taken.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Blocks that can be taken.
    pub fn free_blocks(&self) -> u64 {
        self.space.blocks()
    }

    /// Inodes that can be taken, with that of `lost+found`.
    pub fn free_inodes(&self) -> u64 {
        u64::from(self.shape.inodes - self.last_inode) + 1
    }

    /// The bytes of the journal, which mke2fs may have left as they were: they must be zeros.
    pub fn journal(&self) -> &[Range<u64>] {
        &self.journal
    }

    /// The bytes before the first bitmap or table: superblock, descriptors, and what lies between.
    pub fn head(&self) -> u64 {
        let places = self.groups.first().map(|group| {
            let bitmaps = group.block_bitmap().min(group.inode_bitmap());
            bitmaps.min(group.inode_table())
        });
        self.shape.offset(places.unwrap_or(0))
    }
}

fn groups(reader: &impl BlockReader, shape: &Shape) -> Result<Vec<Group>> {
    let length = usize::from(shape.descriptor_size).max(1);
    let mut table = vec![0; narrow(shape.groups).saturating_mul(length)];
    let block = u64::from(shape.first_data_block) + 1;
    reader.read_at(shape.offset(block), &mut table)?;
    Ok(table.chunks(length).map(Group::new).collect())
}

/// The inodes in use must be the first ones, and none but its own.
fn last_inode(shape: &Shape, groups: &[Group]) -> Result<u32> {
    let in_use = |group: &Group| shape.inodes_per_group.saturating_sub(group.free_inodes());
    let mut in_use = groups.iter().map(in_use);
    let first = in_use.next().unwrap_or(0);
    let own = LOST_AND_FOUND + u32::from(shape.has_orphan_file);
    if in_use.any(|count| count > 0) || first != own || shape.first_inode != LOST_AND_FOUND {
        return Err(Error::Layout("inodes in use that are not its own"));
    }
    Ok(first)
}

/// The blocks of the directories that are made anew.
fn freed<R: BlockReader>(fs: &Ext4<R>) -> Result<Vec<Range<u64>>> {
    let mut freed = Vec::new();
    let lost_and_found = InodeNumber::new(LOST_AND_FOUND).map(|number| fs.inode(number));
    for directory in [Some(fs.root()), lost_and_found].into_iter().flatten() {
        freed.extend(blocks(fs, &directory?)?);
    }
    freed.sort_unstable_by_key(|range| range.start);
    Ok(freed)
}

fn journal<R: BlockReader>(fs: &Ext4<R>) -> Result<Vec<Range<u64>>> {
    let Some(journal) = fs.journal()? else {
        return Ok(Vec::new());
    };
    let block = u64::from(fs.block_size());
    let blocks = blocks(fs, &journal)?.into_iter();
    // The first block is the journal's own superblock.
    let bytes = blocks.map(|range| range.start * block..range.end * block);
    let mut bytes: Vec<Range<u64>> = bytes.collect();
    if let Some(first) = bytes.first_mut() {
        first.start += block;
    }
    Ok(bytes)
}

fn blocks<R: BlockReader>(fs: &Ext4<R>, inode: &Inode) -> Result<Vec<Range<u64>>> {
    let block = u64::from(fs.block_size()).max(1);
    let mut blocks = Vec::new();
    for extent in fs.extents(inode)? {
        let extent = extent?;
        let start = extent.place / block;
        blocks.push(start..start + extent.length.div_ceil(block));
    }
    Ok(blocks)
}
