//! All extended attributes of an inode, from the inode and from its block.

use std::collections::BTreeMap;

use crate::block_reader::BlockReader;
use crate::error::{Error, Fault, Site, Structure};
use crate::ext4::Ext4;
use crate::inode::Inode;
use crate::posix_acl;
use crate::xattr_block;
use crate::xattr_entry::{NameIndex, StoredValue, XattrEntry};

/// Bytes of all values of one inode that have inodes of their own. What several entries share
/// would be multiplied in memory.
const VALUE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// An extended attribute as `setxattr` takes it; lists of access rights are in the kernel's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xattr {
    /// With its prefix: at most 255 bytes, without NUL.
    pub name: Vec<u8>,
    /// At most 64 KiB.
    pub value: Vec<u8>,
}

impl<R: BlockReader> Ext4<R> {
    /// The extended attributes of an inode, each name once, by rising name.
    ///
    /// Memory: a few times the block size, since values may not overlap names or each other, and
    /// 16 MiB of values that have inodes of their own.
    pub fn xattrs(&self, inode: &Inode) -> Result<Vec<Xattr>, Error> {
        let site = inode.site(Structure::Xattr);
        let mut list = List {
            fs: self,
            site,
            found: BTreeMap::new(),
            value_bytes_left: VALUE_BYTES_MAX,
        };
        if !inode.xattr_bytes.is_empty() {
            list.collect(&inode.xattr_bytes, 0)?;
        }
        if let Some(place) = inode.xattr_block {
            let block = self.block(place)?;
            xattr_block::check(&block, place, self.super_block().checksums.seed(), site)?;
            list.collect(&block, xattr_block::HEADER_LENGTH)?;
        }
        Ok(list
            .found
            .into_iter()
            .map(|(name, value)| Xattr { name, value })
            .collect())
    }
}

/// The attributes of one inode that were found so far.
struct List<'a, R> {
    fs: &'a Ext4<R>,
    site: Site,
    found: BTreeMap<Vec<u8>, Vec<u8>>,
    value_bytes_left: usize,
}

impl<R: BlockReader> List<'_, R> {
    /// Adds the entries from an offset on. A name that is there already stays: the inode's own comes first.
    fn collect(&mut self, untrusted_bytes: &[u8], start: usize) -> Result<(), Error> {
        let mut at = start;
        let mut room = untrusted_bytes.len();
        while let Some(entry) = XattrEntry::decode(untrusted_bytes, at, self.site)? {
            at = entry.end;
            // Values that lie over each other would be multiplied in memory.
            if let StoredValue::Here(value) = entry.value {
                room = self.take(room, value.len())?;
            }
            if let Some(name) = entry.name(self.site)? {
                self.add(name, &entry)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, name: Vec<u8>, entry: &XattrEntry<'_>) -> Result<(), Error> {
        if self.found.contains_key(&name) {
            return Ok(());
        }
        let value = match entry.value {
            StoredValue::Here(value) => shown(entry.index, value, self.site)?,
            StoredValue::InInode(inode) => {
                let value = inode.read(self.fs, entry.suffix, self.site)?;
                self.value_bytes_left = self.take(self.value_bytes_left, value.len())?;
                shown(entry.index, &value, self.site)?
            }
        };
        self.found.extend(value.map(|value| (name, value)));
        Ok(())
    }

    fn take(&self, room: usize, length: usize) -> Result<usize, Error> {
        let left = room.checked_sub(length);
        left.ok_or_else(|| self.site.fault(Fault::Size))
    }
}

/// A value as the kernel shows it.
fn shown(index: NameIndex, stored: &[u8], site: Site) -> Result<Option<Vec<u8>>, Error> {
    match index {
        NameIndex::Acl(_) => {
            posix_acl::to_xattr(stored, Site::new(Structure::PosixAcl, site.place))
        }
        NameIndex::Prefix(_) | NameIndex::System | NameIndex::Hidden => Ok(Some(stored.to_vec())),
    }
}
