//! Extended attributes: in the inode as far as they fit, the others in a block of their own.

mod attribute;
mod room;

use qib_ext4::FileType;

use crate::fields::{put, put16, put32};
use crate::shape::Shape;
use attribute::{Attribute, ENTRY_HEADER};
use room::{divide, leave_out_largest};

const MAGIC: u32 = 0xEA02_0000;
/// In the inode only the magic number comes first.
const INODE_HEADER: usize = 4;
const BLOCK_HEADER: usize = 32;
const BLOCK_CHECKSUM_AT: usize = 0x10;
/// Everything begins at multiples of this, and a list ends with as many zeros.
const ALIGN: usize = 4;
const OLD_INODE: usize = 128;

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
