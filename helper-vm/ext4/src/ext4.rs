//! An opened file system: what the other structures are reached from.

use std::ops::Range;

use crate::block_reader::BlockReader;
use crate::cache::Cache;
use crate::error::{Error, Fault, Place, Site, Structure};
use crate::extents::{Extent, Extents};
use crate::fields::{to_u64, to_usize};
use crate::file_reader::FileReader;
use crate::file_type::FileType;
use crate::group_descriptor::GroupDescriptor;
use crate::inode::Inode;
use crate::inode_bitmap::InodeBitmap;
use crate::inodes::Inodes;
use crate::journal;
use crate::made_with::MadeWith;
use crate::mmp;
use crate::numbers::{GroupNumber, InodeNumber, PhysicalBlock};
use crate::super_block::{self, SuperBlock};
use crate::volume::Volume;
use crate::volume_state::{State, VolumeTimes};

const JOURNAL_INODE: u32 = 8;

/// A file system whose superblock is sound and fits its device. Shared by threads as it is.
///
/// Memory: a cache of at most 8 MiB (16 MiB with blocks of 64 KiB), and 64 bytes for each block that
/// the journal holds a newer copy of, of which there are at most 2^20.
pub struct Ext4<R> {
    volume: Volume<R>,
    super_block: SuperBlock,
    cache: Cache,
}

impl<R: BlockReader> Ext4<R> {
    /// Reads the superblock, and the journal if there are changes in it that are not in place.
    /// Fails with `Incompatible` when the volume needs another reader.
    pub fn open(reader: R) -> Result<Self, Error> {
        let fs = Self::over(Volume::new(reader))?.recovered()?;
        mmp::check(&fs)?;
        Ok(fs)
    }

    /// The same volume as it is once its journal is replayed.
    fn recovered(self) -> Result<Self, Error> {
        let Some(number) = self.super_block.journal else {
            return Ok(self);
        };
        let found = journal::recover(&self, number)?;
        let blocks = to_u64(found.overlay.len());
        // Nothing is kept that was read before: the superblock may be in the journal, too.
        let mut fs = Self::over(self.volume.under(found.overlay))?;
        fs.super_block.state.replayed_blocks = Some(blocks);
        fs.super_block.state.errors |= found.error;
        Ok(fs)
    }

    fn over(volume: Volume<R>) -> Result<Self, Error> {
        let mut bytes = vec![0; super_block::LENGTH];
        let size = volume.size();
        if size < super_block::OFFSET.saturating_add(1024) {
            let site = Site::new(Structure::SuperBlock, Place::Volume);
            return Err(site.fault(Fault::Short));
        }
        volume.read_at(super_block::OFFSET, &mut bytes)?;
        let super_block = SuperBlock::decode(&bytes, size)?;
        let cache = Cache::new(super_block.block_size, super_block.volume_bytes());
        Ok(Self {
            volume,
            super_block,
            cache,
        })
    }

    /// Bytes of a block: a power of two from 1024 to 65536.
    pub fn block_size(&self) -> u32 {
        self.super_block.block_size
    }

    /// The UUID that it was made with.
    pub fn uuid(&self) -> [u8; 16] {
        self.super_block.made_with.uuid
    }

    /// What else it was made with.
    pub fn made_with(&self) -> MadeWith {
        self.super_block.made_with
    }

    /// Bytes of an inode: a power of two from 128 to the block size.
    pub fn inode_size(&self) -> u16 {
        self.super_block.inode_size
    }

    /// Clean or not, and whether the kernel met errors.
    pub fn state(&self) -> State {
        self.super_block.state
    }

    /// When it was made, mounted and written last.
    pub fn times(&self) -> VolumeTimes {
        self.super_block.times
    }

    /// How many inodes there is room for; no number is larger.
    pub fn inode_count(&self) -> u32 {
        self.super_block.inodes
    }

    /// Bytes of the volume that the file system takes.
    pub fn volume_bytes(&self) -> u64 {
        self.super_block.volume_bytes()
    }

    /// The root directory.
    pub fn root(&self) -> Result<Inode, Error> {
        let root = self.inode(InodeNumber::ROOT)?;
        root.require(FileType::Directory)?;
        Ok(root)
    }

    /// The inode of the journal, where it always is; none without one.
    pub fn journal(&self) -> Result<Option<Inode>, Error> {
        let number = InodeNumber::new(JOURNAL_INODE);
        match number.map(|number| self.stored_inode(number)).transpose() {
            Err(Error::Corrupt {
                fault: Fault::NotInUse,
                ..
            }) => Ok(None),
            found => found,
        }
    }

    /// One live inode by number, through the cache. Fails with `NotInUse` for a deleted or hidden one.
    pub fn inode(&self, number: InodeNumber) -> Result<Inode, Error> {
        let inode = self.any_inode(number)?;
        if inode.flags.ea_inode() {
            return Err(inode.site(Structure::Inode).fault(Fault::NotInUse));
        }
        Ok(inode)
    }

    /// One live inode by number, which may also hold the value of an attribute.
    pub(crate) fn any_inode(&self, number: InodeNumber) -> Result<Inode, Error> {
        if self.super_block.locate(number).is_some() && self.super_block.is_special(number) {
            let site = Site::new(Structure::Inode, Place::Inode(number.get()));
            return Err(site.fault(Fault::NotInUse));
        }
        self.stored_inode(number)
    }

    /// One live inode by number, which may be the file system's own.
    pub(crate) fn stored_inode(&self, number: InodeNumber) -> Result<Inode, Error> {
        let site = Site::new(Structure::Inode, Place::Inode(number.get()));
        let place = self.super_block.locate(number);
        let (group, index) = place.ok_or_else(|| site.fault(Fault::OutOfVolume))?;
        let table = self.super_block.offset(self.descriptor(group)?.inode_table);
        let inode_size = self.super_block.inode_size;
        let inside = u64::from(index).saturating_mul(inode_size.into());
        let mut bytes = vec![0; usize::from(inode_size)];
        self.cache
            .read(&self.volume, table.saturating_add(inside), &mut bytes)?;
        let inode = Inode::decode_any(&bytes, number, &self.super_block)?;
        inode.ok_or_else(|| site.fault(Fault::NotInUse))
    }

    /// All live inodes in the order of their numbers, by large reads.
    pub fn inodes(&self) -> Inodes<'_, R> {
        self.inodes_of(0..self.group_count())
    }

    /// How many block groups there are, each with its own part of the inode tables.
    pub fn group_count(&self) -> u32 {
        self.super_block.groups
    }

    /// The live inodes of some groups, so that threads can share the tables.
    pub fn inodes_of(&self, groups: Range<u32>) -> Inodes<'_, R> {
        Inodes::new(self, groups)
    }

    /// Where the data of a regular file or a directory lies; none for one whose data lies in the
    /// inode, see [`Inode::inline_data`].
    pub fn extents(&self, inode: &Inode) -> Result<Extents<'_, R>, Error> {
        if inode.file_type != FileType::Directory {
            inode.require(FileType::Regular)?;
        }
        Extents::new(self, inode)
    }

    /// Reads from `skip` bytes behind the start of an extent: as much as it has and the buffer
    /// takes, in one read of the device. Returns how much; zero at the end of the extent.
    pub fn read_extent(
        &self,
        extent: &Extent,
        skip: u64,
        buffer: &mut [u8],
    ) -> Result<usize, Error> {
        let length = to_usize(extent.length.saturating_sub(skip)).min(buffer.len());
        let target = buffer.get_mut(..length).unwrap_or_default();
        if !extent.written {
            target.fill(0);
        } else if length > 0 {
            self.volume
                .read_at(extent.place.saturating_add(skip), target)?;
        }
        Ok(length)
    }

    /// Fills the buffer with bytes of the volume, as they are once its journal is replayed. For
    /// data whose place is known from extents, several of which may be read at once.
    pub fn read_volume(&self, place: u64, buffer: &mut [u8]) -> Result<(), Error> {
        Ok(self.volume.read_at(place, buffer)?)
    }

    /// The content of a regular file from `offset` on, holes as zeros.
    pub fn file(&self, inode: &Inode, offset: u64) -> Result<FileReader<'_, R>, Error> {
        inode.require(FileType::Regular)?;
        FileReader::new(self, inode, offset)
    }

    pub(crate) fn super_block(&self) -> &SuperBlock {
        &self.super_block
    }

    /// The only way to read from the device.
    pub(crate) fn volume(&self) -> &Volume<R> {
        &self.volume
    }

    /// The seed of the checksums that belong to an inode; None where there are none.
    pub(crate) fn seed(&self, inode: &Inode) -> Option<u32> {
        self.super_block
            .checksums
            .inode_seed(inode.number, inode.generation)
    }

    pub(crate) fn block(&self, block: PhysicalBlock) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; self.super_block.block_length()];
        self.volume
            .read_at(self.super_block.offset(block), &mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn descriptor(&self, group: GroupNumber) -> Result<GroupDescriptor, Error> {
        let length = self.super_block.descriptor_size;
        let offset = self.super_block.descriptor_offset(group)?;
        let mut bytes = vec![0; usize::from(length)];
        self.cache.read(&self.volume, offset, &mut bytes)?;
        GroupDescriptor::decode(&bytes, group, &self.super_block)
    }

    pub(crate) fn inode_bitmap(
        &self,
        group: GroupNumber,
        descriptor: &GroupDescriptor,
    ) -> Result<InodeBitmap, Error> {
        let mut block = vec![0; self.super_block.block_length()];
        let offset = self.super_block.offset(descriptor.inode_bitmap);
        self.cache.read(&self.volume, offset, &mut block)?;
        InodeBitmap::decode(block, group, descriptor, &self.super_block)
    }
}
