//! One attribute: what its name becomes, and how much room it takes.

use qib_ext4::FileType;

use super::ALIGN;
use crate::acl;

/// What an entry takes beside its name and value.
pub(super) const ENTRY_HEADER: usize = 16;

const USER: u8 = 1;
const ACL: u8 = 2;
const DEFAULT_ACL: u8 = 3;

/// What the first part of a name becomes. ACLs have no other part.
const PREFIXES: [(u8, &[u8]); 4] = [
    (USER, b"user."),
    (4, b"trusted."),
    (6, b"security."),
    (10, b"gnu."),
];
const ACLS: [(u8, &[u8]); 2] = [
    (ACL, b"system.posix_acl_access"),
    (DEFAULT_ACL, b"system.posix_acl_default"),
];

/// One attribute as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    /// The number of the first part of its name.
    pub(super) prefix: u8,
    /// The rest of its name.
    pub(super) suffix: &'a [u8],
    pub(super) value: Vec<u8>,
}

impl<'a> Attribute<'a> {
    pub(super) fn of(name: &'a [u8], value: &[u8]) -> Option<Self> {
        if let Some((prefix, _)) = ACLS.iter().find(|(_, whole)| *whole == name) {
            return Some(Self {
                prefix: *prefix,
                suffix: b"",
                value: acl::stored(value)?,
            });
        }
        let with = |(number, prefix): &(u8, &[u8])| Some((*number, name.strip_prefix(*prefix)?));
        let (prefix, suffix) = PREFIXES.iter().find_map(with)?;
        let fits = (1..=255).contains(&suffix.len()) && !suffix.contains(&0);
        fits.then(|| Self {
            prefix,
            suffix,
            value: value.to_vec(),
        })
    }

    /// Whether the kernel would take it on a file of this type.
    pub(super) fn may_be_on(&self, file_type: FileType) -> bool {
        match self.prefix {
            USER => matches!(file_type, FileType::Regular | FileType::Directory),
            ACL => file_type != FileType::Symlink,
            DEFAULT_ACL => file_type == FileType::Directory,
            _ => true,
        }
    }

    /// The order in which a block is searched.
    pub(super) fn order(&self) -> (u8, usize, &[u8]) {
        (self.prefix, self.suffix.len(), self.suffix)
    }

    pub(super) fn entry_length(&self) -> usize {
        (ENTRY_HEADER + self.suffix.len()).next_multiple_of(ALIGN)
    }

    pub(super) fn value_length(&self) -> usize {
        self.value.len().next_multiple_of(ALIGN)
    }

    pub(super) fn length(&self) -> usize {
        self.entry_length().saturating_add(self.value_length())
    }

    /// The hash of name and value in an entry of a block. Bytes count as signed, as they did on
    /// the first machine.
    pub(super) fn hash(&self) -> u32 {
        let mut hash = 0_u32;
        for byte in self.suffix {
            let number = i32::from(byte.cast_signed()).cast_unsigned();
            hash = hash.rotate_left(5) ^ number;
        }
        let (words, rest) = self.value.as_chunks::<ALIGN>();
        let mut last = [0; ALIGN];
        last.iter_mut()
            .zip(rest)
            .for_each(|(byte, value)| *byte = *value);
        let last = (!rest.is_empty()).then_some(last);
        for word in words.iter().copied().chain(last) {
            hash = hash.rotate_left(16) ^ u32::from_le_bytes(word);
        }
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_a_known_prefix_are_none() {
        for name in [&b"user."[..], b"other.name", b"system.other", b"user.\0"] {
            assert_eq!(Attribute::of(name, b""), None);
        }
        let none = Attribute::of(b"system.posix_acl_access", b"no list");
        assert_eq!(none, None);
    }
}
