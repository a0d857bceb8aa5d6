//! Which blocks are free: read from bitmaps, or known where none was written.

use std::ops::Range;

use qib_ext4::BlockReader;

use crate::error::Result;
use crate::fields::{narrow, wide};
use crate::group::Group;
use crate::shape::Shape;
use crate::space::Space;

/// The blocks that no bitmap has in use, and those that were freed.
pub(super) fn space(
    reader: &impl BlockReader,
    shape: &Shape,
    groups: &[Group],
    freed: &[Range<u64>],
) -> Result<Space> {
    let tables = tables(shape, groups);
    let mut space = Space::new(shape.block_bytes());
    let mut bitmap = vec![0; shape.block_length()];
    for (number, group) in (0..shape.groups).zip(groups) {
        let (start, end) = shape.group_blocks(number);
        if group.has_no_block_bitmap() {
            bitmap.fill(0);
            use_own(&mut bitmap, shape, number, &tables);
        } else {
            reader.read_at(shape.offset(group.block_bitmap()), &mut bitmap)?;
        }
        for freed in freed {
            clear(&mut bitmap, start, freed);
        }
        push_free(&mut space, &bitmap, start, end);
    }
    Ok(space)
}

/// The places of all bitmaps and tables, in order.
fn tables(shape: &Shape, groups: &[Group]) -> Vec<Range<u64>> {
    let bytes = u64::from(shape.inodes_per_group) * u64::from(shape.inode_size);
    let table_blocks = bytes.div_ceil(shape.block_bytes().max(1));
    let mut tables: Vec<Range<u64>> = Vec::new();
    for group in groups {
        tables.push(group.block_bitmap()..group.block_bitmap() + 1);
        tables.push(group.inode_bitmap()..group.inode_bitmap() + 1);
        tables.push(group.inode_table()..group.inode_table() + table_blocks);
    }
    tables.sort_unstable_by_key(|range| range.start);
    tables
}

/// What is in use in a group whose bitmap was never written.
fn use_own(bitmap: &mut [u8], shape: &Shape, group: u32, tables: &[Range<u64>]) {
    let (start, end) = shape.group_blocks(group);
    if shape.has_copy(group) {
        let reserved = u64::from(shape.reserved_descriptor_blocks);
        let copy = 1 + shape.descriptor_blocks() + reserved;
        each_bit(bitmap, start, &(start..start + copy), |byte, bit| {
            *byte |= bit
        });
    }
    let begin = tables.partition_point(|table| table.end <= start);
    let tables = tables.get(begin..).unwrap_or_default().iter();
    for table in tables.take_while(|table| table.start < end) {
        each_bit(bitmap, start, table, |byte, bit| *byte |= bit);
    }
}

fn clear(bitmap: &mut [u8], start: u64, blocks: &Range<u64>) {
    each_bit(bitmap, start, blocks, |byte, bit| *byte &= !bit);
}

/// Changes the bits of those blocks that a bitmap from block `start` on covers.
pub(crate) fn each_bit(
    bitmap: &mut [u8],
    start: u64,
    blocks: &Range<u64>,
    change: impl Fn(&mut u8, u8),
) {
    let end = blocks.end.min(start + wide(bitmap.len()) * 8);
    for block in blocks.start.max(start)..end {
        let index = block - start;
        if let Some(byte) = bitmap.get_mut(narrow(index / 8)) {
            change(byte, 1 << (index % 8));
        }
    }
}

fn push_free(space: &mut Space, bitmap: &[u8], start: u64, end: u64) {
    for (block, byte) in (start..end).step_by(8).zip(bitmap) {
        let bits = 8.min(end - block);
        if *byte == 0 {
            space.push(block, bits);
        } else if *byte != 0xFF {
            let is_free = |bit: &u64| byte >> bit & 1 == 0;
            (0..bits)
                .filter(is_free)
                .for_each(|bit| space.push(block + bit, 1));
        }
    }
}
