//! The names in a directory, block by block in the order of its file.

use crate::block_reader::BlockReader;
use crate::dir_block::DirBlocks;
use crate::dir_entry::DirEntry;
use crate::error::{Error, Fault, Structure};
use crate::ext4::Ext4;
use crate::extents::Extent;
use crate::fields::{to_u64, to_usize};
use crate::file_type::FileType;
use crate::inline_dir;
use crate::inode::Inode;
use crate::numbers::InodeNumber;

/// Whole blocks of any size.
const READ_BYTES: u64 = 256 * 1024;

impl<R: BlockReader> Ext4<R> {
    /// Hands each name to `each` and returns the directory that `..` leads to.
    ///
    /// A damaged block does not hide the names in the others: all are handed on, then the first
    /// error is returned, so after an error names may be missing. Memory: 256 KiB.
    pub fn read_dir(
        &self,
        directory: &Inode,
        mut each: impl FnMut(DirEntry<'_>),
    ) -> Result<InodeNumber, Error> {
        directory.require(FileType::Directory)?;
        directory.require_plain()?;
        if directory.flags.inline_data() {
            return inline_dir::read(self, directory, &mut each);
        }
        let site = directory.site(Structure::DirBlock);
        let block_size = u64::from(self.block_size());
        if directory.size == 0 || !directory.size.is_multiple_of(block_size) {
            return Err(site.fault(Fault::Size));
        }
        let mut reading = Reading {
            fs: self,
            blocks: DirBlocks::new(self, directory),
            buffer: vec![0; to_usize(directory.size.min(READ_BYTES))],
            position: 0,
            parent: None,
            first_error: None,
        };
        for extent in self.extents(directory)? {
            let extent = extent?;
            if extent.offset != reading.position || !extent.written {
                return Err(site.fault(Fault::Hole));
            }
            reading.extent(&extent, &mut each)?;
        }
        if reading.position != directory.size {
            return Err(site.fault(Fault::Hole));
        }
        match reading.first_error {
            Some(error) => Err(error),
            None => reading.parent.ok_or_else(|| site.fault(Fault::DotEntries)),
        }
    }
}

/// A directory that is being read.
struct Reading<'a, R> {
    fs: &'a Ext4<R>,
    blocks: DirBlocks<'a>,
    buffer: Vec<u8>,
    position: u64,
    parent: Option<InodeNumber>,
    first_error: Option<Error>,
}

impl<R: BlockReader> Reading<'_, R> {
    fn extent(
        &mut self,
        extent: &Extent,
        each: &mut impl FnMut(DirEntry<'_>),
    ) -> Result<(), Error> {
        let mut skip = 0;
        loop {
            let count = self.fs.read_extent(extent, skip, &mut self.buffer)?;
            if count == 0 {
                return Ok(());
            }
            self.part(count, each);
            skip = skip.saturating_add(to_u64(count));
        }
    }

    fn part(&mut self, count: usize, each: &mut impl FnMut(DirEntry<'_>)) {
        let block_length = to_usize(self.fs.block_size());
        let part = self.buffer.get(..count).unwrap_or_default();
        for block in part.chunks(block_length) {
            let found = if self.position == 0 {
                self.blocks
                    .first(block, each)
                    .map(|parent| self.parent = Some(parent))
            } else {
                self.blocks.later(block, each)
            };
            if let Err(error) = found {
                self.first_error.get_or_insert(error);
            }
            self.position = self.position.saturating_add(to_u64(block_length));
        }
    }
}
