//! A directory that lies in its inode: the parent's number and entries, then more entries in the
//! attribute `system.data`. It has neither `.` and `..` nor a checksum but that of the inode.

use crate::block_reader::BlockReader;
use crate::dir_block::DirBlocks;
use crate::dir_entry::DirEntry;
use crate::error::{Error, Fault, Structure};
use crate::ext4::Ext4;
use crate::fields::Fields;
use crate::inode::Inode;
use crate::numbers::InodeNumber;

const PARENT_LENGTH: usize = 4;

/// Hands each name to `each` and returns the parent; a damaged part does not hide the other.
pub(crate) fn read<R: BlockReader>(
    fs: &Ext4<R>,
    directory: &Inode,
    each: &mut impl FnMut(DirEntry<'_>),
) -> Result<InodeNumber, Error> {
    let site = directory.site(Structure::DirBlock);
    let start = Fields::new(&directory.block_map, site);
    let parent = InodeNumber::new(start.u32(0)?);
    let parent = parent.filter(|parent| fs.super_block().locate(*parent).is_some());
    let blocks = DirBlocks::new(fs, directory);
    let first = blocks.unchecked(start.rest(PARENT_LENGTH)?, each);
    blocks.unchecked(directory.inline_rest()?, each)?;
    first?;
    parent.ok_or_else(|| site.fault(Fault::DotEntries))
}
