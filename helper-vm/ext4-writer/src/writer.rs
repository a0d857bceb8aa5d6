//! A tree on its way into the file system, depth first: a directory is entered, everything in
//! it is added, and it is left. Each name comes once; what it leads to is written at once, but
//! for the data of files: that may come in any order, to places that are known from here on.

use qib_ext4::{FileType, Timestamp};

use crate::block_writer::BlockWriter;
use crate::data::Layout;
use crate::directory::{self, Place};
use crate::error::{Error, Impossible, Result};
use crate::extents::Extents;
use crate::fields::wide;
use crate::finish;
use crate::inode::{Inode, Map, Meta};
use crate::inode_table::InodeTable;
use crate::levels::{LOST_AND_FOUND_NAME, Levels};
use crate::numbers::Numbers;
use crate::skeleton::Skeleton;
use crate::space::Space;
use crate::special::{Special, Written};
use crate::taking::Taking;
use crate::xattrs::{self, Stored};

/// Above this a directory's links are not counted.
const MOST_LINKS: u32 = 65_000;

/// What a name leads to, for more names of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The inode.
    pub inode: u32,
    /// What it is.
    pub file_type: FileType,
}

/// A file system that is being filled.
///
/// Memory: the names of the directories that are entered and not left, 14 bytes each beside their
/// length, and as much again while a large one is left; a few bytes for each block group.
#[derive(Debug)]
pub struct Writer<D> {
    taking: Taking<D>,
    table: InodeTable,
    numbers: Numbers,
    super_block: Vec<u8>,
    levels: Levels,
    stamp: Timestamp,
    left_out: u64,
}

/// How the tree is written.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// When everything was made and its inode last changed.
    pub stamp: Timestamp,
    /// Free blocks that hold data already: the first ones.
    pub taken: u64,
    /// False when the tree has something else than a directory of the name `lost+found`.
    pub has_lost_and_found: bool,
}

impl<D: BlockWriter> Writer<D> {
    /// Enters the root of an empty file system, of which the device holds all but the superblock.
    pub fn new(skeleton: &Skeleton, device: D, options: Options) -> Self {
        let shape = skeleton.shape.clone();
        let is_there = options.has_lost_and_found;
        Self {
            numbers: Numbers::new(skeleton.last_inode, &shape, is_there),
            taking: Taking::new(device, shape, skeleton.space.clone(), options.taken),
            table: InodeTable::new(skeleton.groups.clone(), skeleton.last_inode + 1),
            super_block: skeleton.super_block.clone(),
            levels: Levels::new(is_there),
            stamp: options.stamp,
            left_out: 0,
        }
    }

    /// Where the places of data lie on the volume.
    pub fn space(&self) -> &Space {
        self.taking.space()
    }

    /// Bytes of a block.
    pub fn block_size(&self) -> u32 {
        self.taking.shape().block_size
    }

    /// Blocks that are taken.
    pub fn taken_blocks(&self) -> u64 {
        self.taking.taken()
    }

    /// Attributes that ext4 can not hold: of a name that it does not know, or too large.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Enters a directory in the one that was entered last; returns its inode.
    ///
    /// # Errors
    /// When there is no room.
    pub fn enter(&mut self, name: &[u8]) -> Result<u32> {
        let inode = match self.levels.own(name) {
            Some(inode) => inode,
            None => self.numbers.take()?,
        };
        self.levels.enter(name, inode)?;
        Ok(inode)
    }

    /// Leaves the directory that was entered last; the root is left last of all.
    ///
    /// # Errors
    /// When there is no room, or the device fails.
    pub fn leave(&mut self, meta: &Meta<'_>) -> Result<()> {
        if self.levels.lacks_own() {
            self.make_lost_and_found()?;
        }
        let Some(level) = self.levels.leave() else {
            return Ok(());
        };
        let place = Place {
            inode: level.inode,
            parent: level.parent,
        };
        let least = level
            .least_bytes
            .div_ceil(self.taking.shape().block_length());
        let written = directory::write(&level.names, place, least, &mut self.taking)?;
        let links = 2 + level.folders;
        let links = if links > MOST_LINKS { 1 } else { links };
        self.numbers
            .note_directory(level.inode, self.taking.shape());
        let inode = Inode {
            file_type: FileType::Directory,
            meta: *meta,
            links: u16::try_from(links).unwrap_or(1),
            size: self.taking.shape().offset(written.data_blocks),
            blocks: written.data_blocks + written.node_blocks,
            map: written.map,
            xattr_bytes: Vec::new(),
            xattr_block: 0,
        };
        self.inode(level.inode, inode)
    }

    /// Takes blocks for data; returns the number of the first among all free ones.
    ///
    /// # Errors
    /// When there are too few.
    pub fn take(&mut self, blocks: u64) -> Result<u64> {
        self.taking.take(blocks)
    }

    /// Adds a file whose blocks were taken, from the free block `first` on.
    ///
    /// # Errors
    /// When there is no room, ext4 can not hold it, or the device fails.
    pub fn file(
        &mut self,
        name: &[u8],
        meta: &Meta<'_>,
        links: u32,
        layout: &Layout,
        first: u64,
    ) -> Result<Known> {
        let number = self.numbers.take()?;
        let file_type = FileType::Regular;
        self.levels.name(name, number, file_type)?;
        let mut extents = Extents::default();
        let mut at = first;
        for (logical, blocks) in &layout.rows {
            self.taking.extend(&mut extents, *logical, at, *blocks);
            at += blocks;
        }
        let (map, node_blocks) = extents.write(number, &mut self.taking)?;
        let inode = Inode {
            file_type,
            meta: *meta,
            links: count(links)?,
            size: layout.size,
            blocks: layout.blocks() + node_blocks,
            map: Map::Extents(map),
            xattr_bytes: Vec::new(),
            xattr_block: 0,
        };
        self.inode(number, inode)?;
        let inode = number;
        Ok(Known { inode, file_type })
    }

    /// Adds a symbolic link, device or FIFO.
    ///
    /// # Errors
    /// As [`Writer::file`].
    pub fn special(
        &mut self,
        name: &[u8],
        meta: &Meta<'_>,
        links: u32,
        special: Special<'_>,
    ) -> Result<Known> {
        let number = self.numbers.take()?;
        let file_type = special.file_type();
        let Written { size, map, blocks } = special.write(number, &mut self.taking)?;
        self.levels.name(name, number, file_type)?;
        let inode = Inode {
            file_type,
            meta: *meta,
            links: count(links)?,
            size,
            blocks,
            map,
            xattr_bytes: Vec::new(),
            xattr_block: 0,
        };
        self.inode(number, inode)?;
        let inode = number;
        Ok(Known { inode, file_type })
    }

    /// Adds one more name of what was added before.
    ///
    /// # Errors
    /// When there is no room.
    pub fn link(&mut self, name: &[u8], known: Known) -> Result<()> {
        self.levels.name(name, known.inode, known.file_type)
    }

    /// All is added and the root is left: writes what says which blocks and inodes are in use,
    /// and the superblock, last of all. Data may still come.
    ///
    /// # Errors
    /// When the device fails.
    pub fn finish(self) -> Result<()> {
        let groups = self.table.finish(self.numbers.next(), &self.taking)?;
        finish::finish(groups, self.super_block, &self.numbers, &self.taking)
    }

    /// Writes an inode, its attributes first.
    fn inode(&mut self, number: u32, mut inode: Inode<'_>) -> Result<()> {
        let stored = Stored::place(inode.meta.xattrs, inode.file_type, self.taking.shape());
        self.left_out += wide(stored.left_out);
        inode.xattr_bytes = stored.in_inode;
        if let Some(mut block) = stored.block {
            let first = self.taking.take(1)?;
            let place = self.taking.space().pieces(first, 1).next();
            let place = place.ok_or(Error::Full)?.block;
            xattrs::seal(&mut block, place, self.taking.shape());
            self.taking.write_taken(first, &block)?;
            inode.xattr_block = place;
            inode.blocks += 1;
        }
        let record = inode.encode(number, self.stamp, self.taking.shape());
        self.table.put(number, &record, &self.taking)
    }

    fn make_lost_and_found(&mut self) -> Result<()> {
        self.enter(LOST_AND_FOUND_NAME)?;
        self.leave(&Meta {
            permissions: 0o700,
            uid: 0,
            gid: 0,
            mtime: self.stamp,
            xattrs: &[],
        })
    }
}

fn count(links: u32) -> Result<u16> {
    let counted = u16::try_from(links).ok().filter(|_| links <= MOST_LINKS);
    counted.ok_or_else(|| Impossible::Links.into())
}
