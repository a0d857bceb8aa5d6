//! All extended attributes of an inode, from the inode and from its block.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::block_reader::BlockReader;
use crate::error::{Error, Fault, Site, Structure};
use crate::ext4::Ext4;
use crate::inode::Inode;
use crate::posix_acl;
use crate::xattr_block;
use crate::xattr_entry::{NameIndex, XattrEntry};

/// An extended attribute as `setxattr` takes it; lists of access rights are in the kernel's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Xattr {
    /// With its prefix: at most 255 bytes, without NUL.
    pub name: Vec<u8>,
    /// At most as long as a block.
    pub value: Vec<u8>,
}

impl<R: BlockReader> Ext4<R> {
    /// The extended attributes of an inode, each name once, by rising name.
    ///
    /// Memory: a few times the block size, since values may not overlap names or each other.
    pub fn xattrs(&self, inode: &Inode) -> Result<Vec<Xattr>, Error> {
        let site = inode.site(Structure::Xattr);
        let mut found = BTreeMap::new();
        if !inode.xattr_bytes.is_empty() {
            collect(&inode.xattr_bytes, 0, site, &mut found)?;
        }
        if let Some(place) = inode.xattr_block {
            let block = self.block(place)?;
            xattr_block::check(&block, place, self.super_block().checksums.seed(), site)?;
            collect(&block, xattr_block::HEADER_LENGTH, site, &mut found)?;
        }
        Ok(found
            .into_iter()
            .map(|(name, value)| Xattr { name, value })
            .collect())
    }
}

/// Adds the entries from an offset on. A name that is there already stays: the inode's own comes first.
fn collect(
    untrusted_bytes: &[u8],
    start: usize,
    site: Site,
    found: &mut BTreeMap<Vec<u8>, Vec<u8>>,
) -> Result<(), Error> {
    let mut at = start;
    let mut value_bytes = 0_usize;
    while let Some(entry) = XattrEntry::decode(untrusted_bytes, at, site)? {
        at = entry.end;
        // Values that lie over each other would be multiplied in memory.
        value_bytes = value_bytes.saturating_add(entry.value.len());
        if value_bytes > untrusted_bytes.len() {
            return Err(site.fault(Fault::Size));
        }
        let Some(name) = entry.name(site)? else {
            continue;
        };
        if let (Entry::Vacant(slot), Some(value)) = (found.entry(name), value(&entry, site)?) {
            slot.insert(value);
        }
    }
    Ok(())
}

fn value(entry: &XattrEntry<'_>, site: Site) -> Result<Option<Vec<u8>>, Error> {
    match entry.index {
        NameIndex::Acl(_) => {
            posix_acl::to_xattr(entry.value, Site::new(Structure::PosixAcl, site.place))
        }
        NameIndex::Prefix(_) | NameIndex::Hidden => Ok(Some(entry.value.to_vec())),
    }
}
