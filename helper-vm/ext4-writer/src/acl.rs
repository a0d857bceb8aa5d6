//! Access control lists: stored shorter than the kernel hands them out.

use crate::fields::{get16, get32};

const STORED_VERSION: u32 = 1;
const XATTR_VERSION: u32 = 2;
const HEADER: usize = 4;
const ENTRY: usize = 8;

/// The stored form of a list that is in the form of `getxattr`; none for what is no list, or
/// one without entries.
pub(crate) fn stored(value: &[u8]) -> Option<Vec<u8>> {
    let (header, entries) = value.split_at_checked(HEADER)?;
    let (entries, rest) = entries.as_chunks::<ENTRY>();
    if get32(header, 0) != XATTR_VERSION || !rest.is_empty() || entries.is_empty() {
        return None;
    }
    let mut stored = STORED_VERSION.to_le_bytes().to_vec();
    for entry in entries {
        let length = match get16(entry, 0) {
            // The owner, the group, the mask, all others: they name nobody.
            0x01 | 0x04 | 0x10 | 0x20 => 4,
            0x02 | 0x08 => ENTRY,
            _ => return None,
        };
        stored.extend_from_slice(entry.get(..length)?);
    }
    Some(stored)
}

#[cfg(test)]
mod tests {
    use super::stored;

    #[test]
    fn only_named_entries_keep_their_id() {
        let value = [
            2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 5, 0, 0xE8, 3, 0, 0,
        ];
        let expected = [1, 0, 0, 0, 1, 0, 6, 0, 2, 0, 5, 0, 0xE8, 3, 0, 0];
        assert_eq!(stored(&value).unwrap(), expected);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for bad in [
            &[][..],
            &[1, 0, 0, 0],
            &[2, 0, 0, 0],
            &[2, 0, 0, 0, 1],
            &[2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(stored(bad), None, "{bad:?}");
        }
    }
}
