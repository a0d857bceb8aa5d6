//! The part of an inode behind its first 128 bytes: finer times, then extended attributes.

use crate::error::{Error, Fault, Site};
use crate::fields::Fields;

/// Inodes of ext2 end here.
pub(crate) const OLD_LENGTH: usize = 128;
/// What the kernel takes a zero `i_extra_isize` for.
const DEFAULT_LENGTH: usize = 32;
const XATTR_MAGIC: [u8; 4] = 0xEA02_0000_u32.to_le_bytes();

/// **Invariant:** the fields end within the inode.
pub(crate) struct Extra<'a> {
    fields: Fields<'a>,
    fields_end: usize,
    stored_length: usize,
}

impl<'a> Extra<'a> {
    pub(crate) fn decode(untrusted_inode: &'a [u8], site: Site) -> Result<Self, Error> {
        let fields = Fields::new(untrusted_inode, site);
        let room = untrusted_inode.len().saturating_sub(OLD_LENGTH);
        let stored_length = if room > 0 {
            usize::from(fields.u16(0x80)?)
        } else {
            0
        };
        if stored_length > room || !stored_length.is_multiple_of(4) {
            return Err(site.fault(Fault::Size));
        }
        let length = if stored_length == 0 {
            DEFAULT_LENGTH.min(room)
        } else {
            stored_length
        };
        Ok(Self {
            fields,
            fields_end: OLD_LENGTH.saturating_add(length),
            stored_length,
        })
    }

    /// A field of this part; None when this inode ends before it.
    pub(crate) fn u32(&self, at: usize) -> Result<Option<u32>, Error> {
        if at.saturating_add(4) > self.fields_end {
            return Ok(None);
        }
        self.fields.u32(at).map(Some)
    }

    /// Whether the inode has the upper half of a checksum.
    pub(crate) fn has_checksum_high(&self) -> bool {
        self.stored_length >= 4
    }

    /// The extended attributes in the inode, behind their magic number; empty when there are none.
    pub(crate) fn xattr_bytes(&self, inode: &[u8]) -> Box<[u8]> {
        let rest = if self.stored_length == 0 {
            None
        } else {
            inode.get(self.fields_end..)
        };
        rest.and_then(|rest| rest.strip_prefix(&XATTR_MAGIC))
            .unwrap_or(&[])
            .into()
    }
}
