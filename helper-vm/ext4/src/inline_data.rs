//! Content that lies in the inode: first where others map their blocks, the rest in the
//! attribute `system.data`.

use crate::error::{Error, Fault, Structure};
use crate::fields::to_usize;
use crate::inode::Inode;
use crate::xattr_entry::{NameIndex, StoredValue, XattrEntry};

impl Inode {
    /// The content of a file or link that has no blocks but lies in its inode; None for another.
    ///
    /// Shorter than an inode. Where the size says more, the rest is zeros.
    pub fn inline_data(&self) -> Result<Option<Vec<u8>>, Error> {
        self.require_plain()?;
        if !self.flags.inline_data() {
            return Ok(None);
        }
        let mut content = self.block_map.to_vec();
        content.extend_from_slice(self.inline_rest()?);
        content.truncate(to_usize(self.size));
        Ok(Some(content))
    }

    /// The value of `system.data`, which is there even when it is empty.
    pub(crate) fn inline_rest(&self) -> Result<&[u8], Error> {
        let site = self.site(Structure::InlineData);
        let missing = || site.fault(Fault::Short);
        if self.xattr_bytes.is_empty() {
            return Err(missing());
        }
        let mut at = 0;
        while let Some(entry) = XattrEntry::decode(&self.xattr_bytes, at, site)? {
            at = entry.end;
            match entry.value {
                _ if entry.index != NameIndex::System || entry.suffix != b"data" => (),
                StoredValue::Here(value) => return Ok(value),
                StoredValue::InInode(_) => return Err(site.fault(Fault::Value)),
            }
        }
        Err(missing())
    }
}
