//! One extended attribute: a name whose prefix is a number, and a value that lies elsewhere.

use crate::error::{Error, Fault, Site};
use crate::fields::{Fields, to_usize};
use crate::numbers::InodeNumber;
use crate::xattr_value::ValueInode;

const HEADER_LENGTH: usize = 16;
/// As the kernel has it, prefix included.
const NAME_MAX: usize = 255;

/// What the first part of a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameIndex {
    Prefix(&'static [u8]),
    /// The whole name, for an access control list.
    Acl(&'static [u8]),
    /// The rest of the content of an inode that holds it.
    System,
    /// Not shown by the kernel either, and nothing could set it again.
    Hidden,
}

impl NameIndex {
    fn decode(index: u8) -> Self {
        match index {
            1 => Self::Prefix(b"user."),
            2 => Self::Acl(b"system.posix_acl_access"),
            3 => Self::Acl(b"system.posix_acl_default"),
            4 => Self::Prefix(b"trusted."),
            6 => Self::Prefix(b"security."),
            7 => Self::System,
            10 => Self::Prefix(b"gnu."),
            _ => Self::Hidden,
        }
    }
}

/// Where the value of an attribute is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StoredValue<'a> {
    Here(&'a [u8]),
    InInode(ValueInode),
}

/// An entry whose name, and value if it is here, lie within the bytes they were found in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct XattrEntry<'a> {
    pub(crate) index: NameIndex,
    pub(crate) suffix: &'a [u8],
    pub(crate) value: StoredValue<'a>,
    /// Where the next entry is.
    pub(crate) end: usize,
}

impl<'a> XattrEntry<'a> {
    /// Decodes the entry at an offset; None at the end of the list.
    pub(crate) fn decode(
        untrusted_bytes: &'a [u8],
        at: usize,
        site: Site,
    ) -> Result<Option<Self>, Error> {
        let fields = Fields::new(untrusted_bytes, site);
        if fields.u32(at)? == 0 {
            return Ok(None);
        }
        let header = Fields::new(fields.slice(at, HEADER_LENGTH)?, site);
        let name_length = usize::from(header.u8(0x0)?);
        let suffix = fields.slice(at.saturating_add(HEADER_LENGTH), name_length)?;
        let index = NameIndex::decode(header.u8(0x1)?);
        let entry_length = HEADER_LENGTH
            .saturating_add(name_length)
            .next_multiple_of(4);
        let end = at.saturating_add(entry_length);
        let value = stored_value(&fields, &header)?;
        Ok(Some(Self {
            index,
            suffix,
            value,
            end,
        }))
    }

    /// The whole name; None for an attribute that is not shown.
    pub(crate) fn name(&self, site: Site) -> Result<Option<Vec<u8>>, Error> {
        let (start, wants_suffix) = match self.index {
            NameIndex::Prefix(prefix) => (prefix, true),
            NameIndex::Acl(name) => (name, false),
            NameIndex::System | NameIndex::Hidden => return Ok(None),
        };
        let name = [start, self.suffix].concat();
        let good = self.suffix.is_empty() != wants_suffix
            && name.len() <= NAME_MAX
            && !self.suffix.contains(&0);
        if good {
            Ok(Some(name))
        } else {
            Err(site.fault(Fault::Name))
        }
    }
}

fn stored_value<'a>(list: &Fields<'a>, header: &Fields<'a>) -> Result<StoredValue<'a>, Error> {
    let untrusted_length = header.u32(0x8)?;
    if let Some(number) = InodeNumber::new(header.u32(0x4)?) {
        return Ok(StoredValue::InInode(ValueInode {
            number,
            untrusted_length,
            hash: header.u32(0xC)?,
        }));
    }
    Ok(StoredValue::Here(match to_usize(untrusted_length) {
        0 => &[],
        length => list.slice(usize::from(header.u16(0x2)?), length)?,
    }))
}
