//! Targets of symbolic links, in the inode (in either way) or in a block of their own.

use crate::block_reader::BlockReader;
use crate::error::{Error, Fault, Structure};
use crate::ext4::Ext4;
use crate::fields::to_usize;
use crate::file_reader::FileReader;
use crate::file_type::FileType;
use crate::inode::{BLOCK_MAP_LENGTH, Inode};

/// A path that the kernel takes is at most this long, without the NUL at its end.
const TARGET_MAX: u64 = 4095;

impl<R: BlockReader> Ext4<R> {
    /// The target of a symbolic link: 1 to 4095 bytes, none of them NUL.
    pub fn symlink_target(&self, inode: &Inode) -> Result<Vec<u8>, Error> {
        inode.require(FileType::Symlink)?;
        inode.require_plain()?;
        let site = inode.site(Structure::Symlink);
        if inode.size == 0 || inode.size > TARGET_MAX {
            return Err(site.fault(Fault::Size));
        }
        let mut target = vec![0; to_usize(inode.size)];
        if self.is_fast(inode) {
            let stored = inode.block_map.get(..target.len());
            target.copy_from_slice(stored.ok_or_else(|| site.fault(Fault::Size))?);
        } else {
            FileReader::new(self, inode, 0)?.read(&mut target)?;
        }
        if target.contains(&0) {
            return Err(site.fault(Fault::Name));
        }
        Ok(target)
    }

    /// Whether the target lies where other inodes map their blocks: there are none but for attributes.
    fn is_fast(&self, inode: &Inode) -> bool {
        let sb = self.super_block();
        let short = inode.size < BLOCK_MAP_LENGTH.try_into().unwrap_or(0);
        // Blocks of values in inodes of their own are counted too, and nobody knows how many.
        if sb.features.ea_inode {
            return short;
        }
        let sectors = u64::from(sb.cluster_size / 512);
        let attributes = inode.xattr_block.map_or(0, |_| sectors);
        inode.blocks == attributes && short
    }
}
