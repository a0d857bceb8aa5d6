//! What is written last: which blocks and inodes are in use, and the superblock.

use std::ops::Range;

use qib_ext4::crc32c;

use crate::block_writer::BlockWriter;
use crate::error::Result;
use crate::fields::{high32, low32, narrow, put16, put32};
use crate::group::{Group, bitmap_crc};
use crate::numbers::Numbers;
use crate::skeleton::each_bit;
use crate::taking::Taking;

const SUPER_BLOCK_AT: u64 = 1024;
const CHECKSUM_AT: usize = 0x3FC;

/// Writes bitmaps, descriptors and superblocks.
pub(crate) fn finish(
    mut groups: Vec<Group>,
    mut super_block: Vec<u8>,
    numbers: &Numbers,
    taking: &Taking<impl BlockWriter>,
) -> Result<()> {
    for (number, group) in (0..).zip(&mut groups) {
        let inodes = inodes_in_use(number, numbers, taking);
        write_block_bitmap(group, number, inodes > 0, taking)?;
        write_inode_bitmap(group, number, inodes, numbers, taking)?;
        group.seal(number, taking.shape());
    }
    let free_blocks: u64 = groups
        .iter()
        .map(|group| u64::from(group.free_blocks()))
        .sum();
    put32(&mut super_block, 0xC, low32(free_blocks));
    put32(&mut super_block, 0x158, high32(free_blocks));
    put32(
        &mut super_block,
        0x10,
        taking.shape().inodes - (numbers.next() - 1),
    );
    let table: Vec<u8> = groups.iter().flat_map(Group::bytes).copied().collect();
    write_copies(&mut super_block, &table, taking)
}

/// How many inodes of a group are in use: its first ones.
fn inodes_in_use(group: u32, numbers: &Numbers, taking: &Taking<impl BlockWriter>) -> u32 {
    let per_group = taking.shape().inodes_per_group;
    let before = u64::from(group) * u64::from(per_group);
    let in_use = u64::from(numbers.next() - 1).saturating_sub(before);
    low32(in_use.min(per_group.into()))
}

/// The bitmap of a group in which blocks or inodes were taken, or blocks were given back.
fn write_block_bitmap(
    group: &mut Group,
    number: u32,
    has_inodes: bool,
    taking: &Taking<impl BlockWriter>,
) -> Result<()> {
    let shape = taking.shape();
    let (start, end) = shape.group_blocks(number);
    let left = || taking.space().left(taking.taken(), start, end);
    let free: u64 = left().map(|piece| piece.blocks).sum();
    let all: u64 = taking
        .space()
        .left(0, start, end)
        .map(|piece| piece.blocks)
        .sum();
    let has_given_back = all != u64::from(group.free_blocks());
    if free == all && !has_given_back && !has_inodes {
        return Ok(());
    }
    let mut bitmap = vec![0xFF; shape.block_length()];
    for piece in left() {
        let blocks: Range<u64> = piece.block..piece.block + piece.blocks;
        each_bit(&mut bitmap, start, &blocks, |byte, bit| *byte &= !bit);
    }
    taking.write_at(shape.offset(group.block_bitmap()), &bitmap)?;
    let crc = bitmap_crc(shape, &bitmap, shape.blocks_per_group);
    group.set_blocks(low32(free), crc);
    Ok(())
}

fn write_inode_bitmap(
    group: &mut Group,
    number: u32,
    in_use: u32,
    numbers: &Numbers,
    taking: &Taking<impl BlockWriter>,
) -> Result<()> {
    let shape = taking.shape();
    let per_group = shape.inodes_per_group;
    if in_use == 0 {
        return Ok(());
    }
    let mut bitmap = vec![0xFF; shape.block_length()];
    let unused = u64::from(in_use)..u64::from(per_group);
    each_bit(&mut bitmap, 0, &unused, |byte, bit| *byte &= !bit);
    taking.write_at(shape.offset(group.inode_bitmap()), &bitmap)?;
    let crc = bitmap_crc(shape, &bitmap, per_group);
    let directories = numbers.directories(narrow(number));
    group.set_inodes(per_group - in_use, directories, crc);
    Ok(())
}

/// Superblock and descriptors, and their copies; the ones that are read first come last.
fn write_copies(
    super_block: &mut [u8],
    table: &[u8],
    taking: &Taking<impl BlockWriter>,
) -> Result<()> {
    let shape = taking.shape();
    let mut table = table.to_vec();
    table.resize(narrow(shape.offset(shape.descriptor_blocks())), 0);
    for group in (0..shape.groups)
        .rev()
        .filter(|group| shape.has_copy(*group))
    {
        let (start, _) = shape.group_blocks(group);
        // The number of the group that a copy is in; the largest that it has room for.
        put16(super_block, 0x5A, u16::try_from(group).unwrap_or(u16::MAX));
        let crc = crc32c(!0, super_block.get(..CHECKSUM_AT).unwrap_or_default());
        put32(super_block, CHECKSUM_AT, crc);
        taking.write_at(shape.offset(start + 1), &table)?;
        let at = if group == 0 {
            SUPER_BLOCK_AT
        } else {
            shape.offset(start)
        };
        taking.write_at(at, super_block)?;
    }
    Ok(())
}
