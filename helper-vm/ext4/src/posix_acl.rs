//! Access control lists: ext4 stores them shorter than the kernel hands them out.

use crate::error::{Error, Fault, Site};
use crate::fields::Fields;

const STORED_VERSION: u32 = 1;
const XATTR_VERSION: u32 = 2;
const HEADER_LENGTH: usize = 4;
const SHORT_LENGTH: usize = 4;
const LONG_LENGTH: usize = 8;
const NO_ID: u32 = u32::MAX;

/// Converts a stored list to the value that `setxattr` takes. None for a list without entries.
pub(crate) fn to_xattr(untrusted_value: &[u8], site: Site) -> Result<Option<Vec<u8>>, Error> {
    let fields = Fields::new(untrusted_value, site);
    if fields.u32(0)? != STORED_VERSION {
        return Err(site.fault(Fault::Value));
    }
    let mut value = XATTR_VERSION.to_le_bytes().to_vec();
    let mut at = HEADER_LENGTH;
    while at < untrusted_value.len() {
        let (tag, permissions) = (fields.u16(at)?, fields.u16(at.saturating_add(2))?);
        let named = is_named(tag).ok_or_else(|| site.fault(Fault::Value))?;
        let id = if named {
            fields.u32(at.saturating_add(SHORT_LENGTH))?
        } else {
            NO_ID
        };
        value.extend(tag.to_le_bytes());
        value.extend(permissions.to_le_bytes());
        value.extend(id.to_le_bytes());
        at = at.saturating_add(if named { LONG_LENGTH } else { SHORT_LENGTH });
    }
    Ok((at > HEADER_LENGTH).then_some(value))
}

/// Whether entries with a tag name a user or a group; None for a tag that does not exist.
fn is_named(tag: u16) -> Option<bool> {
    match tag {
        0x01 | 0x04 | 0x10 | 0x20 => Some(false),
        0x02 | 0x08 => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Place, Structure};

    const SITE: Site = Site {
        structure: Structure::PosixAcl,
        place: Place::Inode(12),
    };

    #[test]
    fn short_entries_get_no_id_and_long_ones_keep_theirs() {
        let stored = [1, 0, 0, 0, 1, 0, 6, 0, 2, 0, 5, 0, 0xE8, 3, 0, 0];
        let value = to_xattr(&stored, SITE).unwrap().unwrap();
        let expected = [
            2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 5, 0, 0xE8, 3, 0, 0,
        ];
        assert_eq!(value, expected);
    }

    #[test]
    fn lists_that_are_none() {
        assert_eq!(to_xattr(&[1, 0, 0, 0], SITE).unwrap(), None);
        for bad in [
            &[][..],
            &[2, 0, 0, 0],
            &[1, 0, 0, 0, 3, 0, 0, 0],
            &[1, 0, 0, 0, 1],
        ] {
            assert!(to_xattr(bad, SITE).is_err(), "{bad:?}");
        }
        assert!(to_xattr(&[1, 0, 0, 0, 2, 0, 5, 0, 1], SITE).is_err());
    }
}
