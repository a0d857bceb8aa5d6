//! A block of a directory: entries, one after the other, to its end.

use crate::crc32c::crc32c;
use crate::dir_entry::{DirEntry, RawEntry, checked_name};
use crate::dx_block;
use crate::error::{Error, Fault, Site, Structure};
use crate::ext4::Ext4;
use crate::fields::Fields;
use crate::file_type::FileType;
use crate::inode::Inode;
use crate::numbers::InodeNumber;
use crate::super_block::SuperBlock;

/// With checksums a leaf ends with a record of this length, shaped like an unused entry.
const TAIL_LENGTH: usize = 12;
const TAIL_TYPE: u8 = 0xDE;

/// What all blocks of a directory have in common.
pub(crate) struct DirBlocks<'a> {
    sb: &'a SuperBlock,
    inode: InodeNumber,
    indexed: bool,
    seed: Option<u32>,
    site: Site,
}

impl<'a> DirBlocks<'a> {
    pub(crate) fn new<R: crate::BlockReader>(fs: &'a Ext4<R>, directory: &Inode) -> Self {
        Self {
            sb: fs.super_block(),
            inode: directory.number,
            indexed: directory.flags.index(),
            seed: fs.seed(directory),
            site: directory.site(Structure::DirBlock),
        }
    }

    /// Hands on the names of the first block and returns the directory that `..` leads to.
    pub(crate) fn first(
        &self,
        untrusted_block: &[u8],
        each: &mut impl FnMut(DirEntry<'_>),
    ) -> Result<InodeNumber, Error> {
        let end = if self.indexed {
            self.check_dx(untrusted_block, dx_block::ROOT_COUNT_AT)?;
            untrusted_block.len()
        } else {
            self.check_leaf(untrusted_block)?
        };
        let dot_entries = || self.site.fault(Fault::DotEntries);
        let dot = self.raw(untrusted_block, 0)?;
        let dots = self.raw(untrusted_block, dot.record_length)?;
        let sound = dot.untrusted_name == b"."
            && dot.inode == Some(self.inode)
            && dots.untrusted_name == b"..";
        let parent = dots
            .inode
            .filter(|parent| sound && self.sb.locate(*parent).is_some());
        let parent = parent.ok_or_else(dot_entries)?;
        let start = dot.record_length.saturating_add(dots.record_length);
        self.entries(untrusted_block, start, end, each)?;
        Ok(parent)
    }

    /// Hands on the names of a later block.
    pub(crate) fn later(
        &self,
        untrusted_block: &[u8],
        each: &mut impl FnMut(DirEntry<'_>),
    ) -> Result<(), Error> {
        let first = self.raw(untrusted_block, 0)?;
        let whole = first.inode.is_none() && first.record_length == untrusted_block.len();
        if whole && self.indexed && self.seed.is_some() {
            return self.check_dx(untrusted_block, dx_block::NODE_COUNT_AT);
        }
        let end = self.check_leaf(untrusted_block)?;
        self.entries(untrusted_block, 0, end, each)
    }

    /// Hands on the names of a part that has no checksum of its own.
    pub(crate) fn unchecked(
        &self,
        untrusted_part: &[u8],
        each: &mut impl FnMut(DirEntry<'_>),
    ) -> Result<(), Error> {
        self.entries(untrusted_part, 0, untrusted_part.len(), each)
    }

    fn entries(
        &self,
        block: &[u8],
        start: usize,
        end: usize,
        each: &mut impl FnMut(DirEntry<'_>),
    ) -> Result<(), Error> {
        let mut at = start;
        while at < end {
            let raw = self.raw(block, at)?;
            at = at.saturating_add(raw.record_length);
            if at > end {
                return Err(self.site.fault(Fault::RecordLength));
            }
            if let Some(inode) = raw.inode {
                each(self.entry(&raw, inode)?);
            }
        }
        Ok(())
    }

    fn entry<'b>(&self, raw: &RawEntry<'b>, inode: InodeNumber) -> Result<DirEntry<'b>, Error> {
        let name = checked_name(raw.untrusted_name, self.site)?;
        if self.sb.locate(inode).is_none() {
            return Err(self.site.fault(Fault::OutOfVolume));
        }
        if inode == self.inode {
            return Err(self.site.fault(Fault::SelfReference));
        }
        Ok(DirEntry {
            name,
            inode,
            hint: FileType::from_hint(raw.hint),
        })
    }

    fn raw<'b>(&self, block: &'b [u8], at: usize) -> Result<RawEntry<'b>, Error> {
        RawEntry::decode(block, at, self.sb.features.filetype, self.site)
    }

    fn check_dx(&self, block: &[u8], count_at: usize) -> Result<(), Error> {
        let site = Site::new(Structure::DxBlock, self.site.place);
        dx_block::check(block, count_at, self.seed, site)
    }

    /// Holds a leaf against the checksum in its tail and returns where its entries end.
    fn check_leaf(&self, block: &[u8]) -> Result<usize, Error> {
        let Some(seed) = self.seed else {
            return Ok(block.len());
        };
        let end = block.len().saturating_sub(TAIL_LENGTH);
        let fields = Fields::new(block, self.site);
        let tail = Fields::new(fields.slice(end, TAIL_LENGTH)?, self.site);
        let shape = [0, 0, 0, 0, 12, 0, 0, TAIL_TYPE];
        if tail.bytes(0)? != shape || crc32c(seed, fields.slice(0, end)?) != tail.u32(8)? {
            return Err(self.site.fault(Fault::Checksum));
        }
        Ok(end)
    }
}
