//! Extended attributes: in the inode as far as they fit, the others in a block of their own.

use std::collections::BTreeSet;

use qib_ext4::FileType;

use crate::acl;
use crate::fields::{put, put16, put32};
use crate::shape::Shape;

const MAGIC: u32 = 0xEA02_0000;
const ENTRY_HEADER: usize = 16;
/// In the inode only the magic number comes first.
const INODE_HEADER: usize = 4;
const BLOCK_HEADER: usize = 32;
const BLOCK_CHECKSUM_AT: usize = 0x10;
/// Everything begins at multiples of this, and a list ends with as many zeros.
const ALIGN: usize = 4;
const OLD_INODE: usize = 128;

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
struct Attribute<'a> {
    prefix: u8,
    suffix: &'a [u8],
    value: Vec<u8>,
}

/// The attributes of one file, as they are stored.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// What follows the fields of the inode.
    pub(crate) in_inode: Vec<u8>,
    /// A block, without its checksum.
    pub(crate) block: Option<Vec<u8>>,
    /// How many attributes ext4 can not hold.
    pub(crate) left_out: usize,
}

impl Stored {
    /// Places attributes. Those that ext4 does not know are left out, and the largest when all
    /// together do not fit.
    pub(crate) fn place(xattrs: &[(Vec<u8>, Vec<u8>)], file_type: FileType, shape: &Shape) -> Self {
        let known = xattrs
            .iter()
            .filter_map(|(name, value)| Attribute::of(name, value));
        let known = known.filter(|attribute| attribute.may_be_on(file_type));
        let mut known: Vec<Attribute<'_>> = known.collect();
        known.sort_by(|a, b| a.order().cmp(&b.order()));
        let fields = OLD_INODE + usize::from(shape.extra_isize);
        let room = usize::from(shape.inode_size).saturating_sub(fields);
        let inner_room = room.saturating_sub(INODE_HEADER + ALIGN);
        let outer_room = shape.block_length() - BLOCK_HEADER - ALIGN;
        leave_out_largest(&mut known, inner_room.saturating_add(outer_room));
        loop {
            let (inner, outer) = divide(&known, inner_room);
            let taken = outer
                .iter()
                .map(|one| one.length())
                .fold(0, usize::saturating_add);
            if taken <= outer_room {
                return Self {
                    in_inode: in_inode(&inner, room),
                    block: block(&outer, shape.block_length()),
                    left_out: xattrs.len() - known.len(),
                };
            }
            let largest =
                (0..known.len()).max_by_key(|place| known.get(*place).map(Attribute::length));
            known.remove(largest.unwrap_or(0));
        }
    }
}

/// The block seals its own number with it.
pub(crate) fn seal(block: &mut [u8], number: u64, shape: &Shape) {
    let crc = shape.block_crc(number, block, BLOCK_CHECKSUM_AT);
    put32(block, BLOCK_CHECKSUM_AT, crc);
}

impl<'a> Attribute<'a> {
    fn of(name: &'a [u8], value: &[u8]) -> Option<Self> {
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
    fn may_be_on(&self, file_type: FileType) -> bool {
        match self.prefix {
            USER => matches!(file_type, FileType::Regular | FileType::Directory),
            ACL => file_type != FileType::Symlink,
            DEFAULT_ACL => file_type == FileType::Directory,
            _ => true,
        }
    }

    /// The order in which a block is searched.
    fn order(&self) -> (u8, usize, &[u8]) {
        (self.prefix, self.suffix.len(), self.suffix)
    }

    fn entry_length(&self) -> usize {
        (ENTRY_HEADER + self.suffix.len()).next_multiple_of(ALIGN)
    }

    fn value_length(&self) -> usize {
        self.value.len().next_multiple_of(ALIGN)
    }

    fn length(&self) -> usize {
        self.entry_length().saturating_add(self.value_length())
    }

    /// The hash of name and value in an entry of a block. Bytes count as signed, as they did on
    /// the first machine.
    fn hash(&self) -> u32 {
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

/// Leaves out the largest until the others take no more than so many bytes: however many there
/// are, few are left to be divided.
fn leave_out_largest(known: &mut Vec<Attribute<'_>>, room: usize) {
    let lengths = known.iter().map(Attribute::length);
    let mut taken = lengths.clone().fold(0, usize::saturating_add);
    let mut order: Vec<(usize, usize)> = lengths.zip(0..).collect();
    order.sort_unstable();
    let mut left_out = BTreeSet::new();
    while taken > room
        && let Some((length, place)) = order.pop()
    {
        left_out.insert(place);
        taken -= length;
    }
    let mut places = 0..;
    known.retain(|_| places.next().is_none_or(|place| !left_out.contains(&place)));
}

/// Those for the inode, with as many bytes as fit, and the others: all in the inode when they
/// fit there.
fn divide<'b, 'a>(
    all: &'b [Attribute<'a>],
    room: usize,
) -> (Vec<&'b Attribute<'a>>, Vec<&'b Attribute<'a>>) {
    // For each number of bytes, a choice that fills exactly so many.
    let mut choices: Vec<Option<Vec<usize>>> = vec![None; room.saturating_add(1)];
    if let Some(none) = choices.first_mut() {
        *none = Some(Vec::new());
    }
    for (number, attribute) in all.iter().enumerate() {
        let length = attribute.length();
        for filled in (length..=room).rev() {
            let without = choices.get(filled - length).cloned().flatten();
            if let (Some(slot @ None), Some(mut choice)) = (choices.get_mut(filled), without) {
                choice.push(number);
                *slot = Some(choice);
            }
        }
    }
    let chosen = choices
        .into_iter()
        .flatten()
        .next_back()
        .unwrap_or_default();
    let numbered = all.iter().enumerate();
    let (inner, outer): (Vec<_>, Vec<_>) =
        numbered.partition(|(number, _)| chosen.contains(number));
    let plain = |numbered: Vec<(usize, _)>| numbered.into_iter().map(|(_, one)| one).collect();
    (plain(inner), plain(outer))
}

fn in_inode(attributes: &[&Attribute<'_>], room: usize) -> Vec<u8> {
    if attributes.is_empty() {
        return Vec::new();
    }
    let mut bytes = list(attributes, room, INODE_HEADER, INODE_HEADER, false);
    put32(&mut bytes, 0, MAGIC);
    bytes
}

fn block(attributes: &[&Attribute<'_>], length: usize) -> Option<Vec<u8>> {
    if attributes.is_empty() {
        return None;
    }
    let mut block = list(attributes, length, BLOCK_HEADER, 0, true);
    let hashes = attributes.iter().map(|attribute| attribute.hash());
    let hash = hashes.fold(0, |all: u32, hash| all.rotate_left(16) ^ hash);
    for (at, value) in [(0x0, MAGIC), (0x4, 1), (0x8, 1), (0xC, hash)] {
        put32(&mut block, at, value);
    }
    Some(block)
}

/// Entries from the start on, values from the end; values are found from `base` on.
fn list(
    attributes: &[&Attribute<'_>],
    length: usize,
    header: usize,
    base: usize,
    hashed: bool,
) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let (mut at, mut end) = (header, length);
    for attribute in attributes {
        end -= attribute.value_length();
        let value_at = if attribute.value.is_empty() {
            0
        } else {
            end - base
        };
        let mut entry = vec![0; ENTRY_HEADER];
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let [name_length, ..] = number(attribute.suffix.len()).to_le_bytes();
        put(&mut entry, 0x0, [name_length, attribute.prefix]);
        put16(&mut entry, 0x2, u16::try_from(value_at).unwrap_or(u16::MAX));
        put32(&mut entry, 0x8, number(attribute.value.len()));
        put32(&mut entry, 0xC, if hashed { attribute.hash() } else { 0 });
        entry.extend_from_slice(attribute.suffix);
        copy(&mut bytes, at, &entry);
        copy(&mut bytes, end, &attribute.value);
        at += attribute.entry_length();
    }
    bytes
}

fn copy(bytes: &mut [u8], at: usize, source: &[u8]) {
    let target = bytes.get_mut(at..).unwrap_or_default();
    target
        .iter_mut()
        .zip(source)
        .for_each(|(byte, value)| *byte = *value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(length: usize) -> Attribute<'static> {
        Attribute {
            prefix: 1,
            suffix: b"name",
            value: vec![7; length],
        }
    }

    #[test]
    fn the_inode_is_filled_as_well_as_can_be() {
        // 20 bytes of entry each: 24, 60, 40 of 92.
        let all = vec![attribute(4), attribute(40), attribute(20)];
        let (inner, outer) = divide(&all, 92);
        assert_eq!(inner, [&attribute(4), &attribute(40)]);
        assert_eq!(outer, [&attribute(20)]);
        let (inner, outer) = divide(&all, 124);
        assert_eq!((inner.len(), outer.len()), (3, 0));
    }

    #[test]
    fn names_without_a_known_prefix_are_none() {
        for name in [&b"user."[..], b"other.name", b"system.other", b"user.\0"] {
            assert_eq!(Attribute::of(name, b""), None);
        }
        let none = Attribute::of(b"system.posix_acl_access", b"no list");
        assert_eq!(none, None);
    }
}
