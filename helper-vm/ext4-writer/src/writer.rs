//! A tree on its way into the file system, depth first: a directory is entered, everything in
//! it is added, and it is left. Each name comes once; what it leads to is written at once, but
//! for the data of files: that may come in any order, to places that are known from here on.

use qib_ext4::{FileType, Timestamp};

use crate::block_writer::BlockWriter;
use crate::data::Layout;
use crate::directory::{self, Place};
use crate::error::{Error, Impossible, Result};
use crate::extents::Extents;
use crate::fields::{put, put32, wide};
use crate::finish;
use crate::inode::{Inode, Map, Meta};
use crate::inode_table::InodeTable;
use crate::names::{Name, Names};
use crate::numbers::{LOST_AND_FOUND, Numbers, ROOT};
use crate::skeleton::Skeleton;
use crate::space::Space;
use crate::taking::Taking;
use crate::xattrs::{self, Stored};

const LOST_AND_FOUND_NAME: &[u8] = b"lost+found";
/// mke2fs gives it room, so that names need no new block when a broken volume is mended.
const LOST_AND_FOUND_BYTES: usize = 16 << 10;
/// A target up to this length lies in the inode.
const SHORT_TARGET: usize = 60;
/// Above this a directory's links are not counted.
const MOST_LINKS: u32 = 65_000;

/// What an entry is, if it is neither file nor directory.
#[derive(Clone, Copy, Debug)]
pub enum Special<'a> {
    /// A symbolic link and where it points.
    Symlink(&'a [u8]),
    /// A character device with its major and minor number.
    CharDevice(u32, u32),
    /// A block device with its major and minor number.
    BlockDevice(u32, u32),
    /// A FIFO.
    Fifo,
    /// A socket.
    Socket,
}

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
    /// Directories that are entered; the root is the first.
    levels: Vec<Level>,
    stamp: Timestamp,
    has_lost_and_found: bool,
    left_out: u64,
}

#[derive(Debug)]
struct Level {
    inode: u32,
    names: Names,
    folders: u32,
}

impl Level {
    fn new(inode: u32) -> Self {
        Self {
            inode,
            names: Names::default(),
            folders: 0,
        }
    }
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
            levels: vec![Level::new(ROOT)],
            stamp: options.stamp,
            has_lost_and_found: is_there,
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
        let at_root = self.levels.len() == 1;
        let inode = if at_root && self.has_lost_and_found && name == LOST_AND_FOUND_NAME {
            LOST_AND_FOUND
        } else {
            self.numbers.take()?
        };
        self.name(name, inode, FileType::Directory)?;
        if let Some(level) = self.levels.last_mut() {
            level.folders += 1;
        }
        self.levels.push(Level::new(inode));
        Ok(inode)
    }

    /// Leaves the directory that was entered last; the root is left last of all.
    ///
    /// # Errors
    /// When there is no room, or the device fails.
    pub fn leave(&mut self, meta: &Meta<'_>) -> Result<()> {
        if self.levels.len() == 1 {
            self.make_lost_and_found()?;
        }
        let Some(level) = self.levels.pop() else {
            return Ok(());
        };
        let parent = self.levels.last().map_or(ROOT, |level| level.inode);
        let place = Place {
            inode: level.inode,
            parent,
        };
        let least_bytes = if level.inode == LOST_AND_FOUND && self.has_lost_and_found {
            LOST_AND_FOUND_BYTES
        } else {
            1
        };
        let least = least_bytes.div_ceil(self.taking.shape().block_length());
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
        self.name(name, number, file_type)?;
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
        let (file_type, size, map, blocks) = self.special_map(number, special)?;
        self.name(name, number, file_type)?;
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
        self.name(name, known.inode, known.file_type)
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

    fn name(&mut self, bytes: &[u8], inode: u32, file_type: FileType) -> Result<()> {
        let name = Name {
            inode,
            file_type,
            bytes,
        };
        let level = self.levels.last_mut();
        if level.is_some_and(|level| level.names.push(name)) {
            Ok(())
        } else {
            Err(Impossible::Directory.into())
        }
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
        let root = self.levels.last();
        let is_there = |level: &Level| {
            level
                .names
                .iter()
                .any(|name| name.bytes == LOST_AND_FOUND_NAME)
        };
        if !self.has_lost_and_found || root.is_some_and(is_there) {
            return Ok(());
        }
        self.enter(LOST_AND_FOUND_NAME)?;
        self.leave(&Meta {
            permissions: 0o700,
            uid: 0,
            gid: 0,
            mtime: self.stamp,
            xattrs: &[],
        })
    }

    fn special_map(
        &mut self,
        number: u32,
        special: Special<'_>,
    ) -> Result<(FileType, u64, Map, u64)> {
        let mut map = [0; 60];
        match special {
            Special::Symlink(target) => {
                let size = u64::try_from(target.len()).unwrap_or(u64::MAX);
                if target.len() < SHORT_TARGET {
                    map.iter_mut()
                        .zip(target)
                        .for_each(|(byte, value)| *byte = *value);
                    return Ok((FileType::Symlink, size, Map::Plain(map), 0));
                }
                let (map, blocks) = self.long_target(number, target)?;
                Ok((FileType::Symlink, size, Map::Extents(map), blocks))
            }
            Special::CharDevice(major, minor) => {
                put(&mut map, 0, device(major, minor));
                Ok((FileType::CharDevice, 0, Map::Plain(map), 0))
            }
            Special::BlockDevice(major, minor) => {
                put(&mut map, 0, device(major, minor));
                Ok((FileType::BlockDevice, 0, Map::Plain(map), 0))
            }
            Special::Fifo => Ok((FileType::Fifo, 0, Map::Plain(map), 0)),
            Special::Socket => Ok((FileType::Socket, 0, Map::Plain(map), 0)),
        }
    }

    fn long_target(&mut self, number: u32, target: &[u8]) -> Result<([u8; 60], u64)> {
        let length = self.taking.shape().block_length();
        // One byte behind it is zero.
        if target.len() >= length {
            return Err(Impossible::Target.into());
        }
        let mut block = target.to_vec();
        block.resize(length, 0);
        let first = self.taking.take(1)?;
        self.taking.write_taken(first, &block)?;
        let mut extents = Extents::default();
        self.taking.extend(&mut extents, 0, first, 1);
        let (map, nodes) = extents.write(number, &mut self.taking)?;
        Ok((map, 1 + nodes))
    }
}

fn count(links: u32) -> Result<u16> {
    let counted = u16::try_from(links).ok().filter(|_| links <= MOST_LINKS);
    counted.ok_or_else(|| Impossible::Links.into())
}

/// The two words of a device: the old form where the numbers fit into it.
fn device(major: u32, minor: u32) -> [u8; 8] {
    let mut words = [0; 8];
    if major < 256 && minor < 256 {
        put32(&mut words, 0, major << 8 | minor);
    } else {
        put32(
            &mut words,
            4,
            minor & 0xFF | major << 8 | (minor & !0xFF) << 12,
        );
    }
    words
}
