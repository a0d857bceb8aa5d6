//! All inodes, in the order in which the tables hold them.

use std::ops::Range;

use crate::block_reader::BlockReader;
use crate::error::Error;
use crate::ext4::Ext4;
use crate::fields::to_usize;
use crate::inode::Inode;
use crate::inode_bitmap::InodeBitmap;
use crate::numbers::{GroupNumber, InodeNumber};

/// Whole blocks of any size, and large enough for any disk to read at full speed.
const READ_BYTES: u64 = 4 * 1024 * 1024;

/// The live inodes of a volume by rising number; the file system's own are left out.
///
/// An error belongs to one group, one part of a table or one inode: the iterator goes on behind it.
/// Memory: 4 MiB and two blocks.
pub struct Inodes<'a, R> {
    fs: &'a Ext4<R>,
    groups: Range<u32>,
    group: Table,
}

/// The inode table of one group, read part by part.
#[derive(Default)]
struct Table {
    first_number: u32,
    offset: u64,
    bitmap: InodeBitmap,
    next: u32,
    end: u32,
    part: Vec<u8>,
    part_start: u32,
    part_end: u32,
}

impl<'a, R: BlockReader> Inodes<'a, R> {
    pub(crate) fn new(fs: &'a Ext4<R>, groups: Range<u32>) -> Self {
        let end = groups.end.min(fs.super_block().groups);
        Self {
            fs,
            groups: groups.start..end,
            group: Table::default(),
        }
    }

    fn next_inode(&mut self) -> Result<Option<Inode>, Error> {
        let sb = self.fs.super_block();
        loop {
            while let Some(index) = self.group.next_allocated() {
                let number = InodeNumber::new(self.group.first_number.saturating_add(index));
                let Some(number) = number.filter(|number| !sb.is_special(*number)) else {
                    continue;
                };
                self.group.load(self.fs, index)?;
                if let Some(inode) = Inode::decode(self.group.bytes(self.fs, index), number, sb)? {
                    return Ok(Some(inode));
                }
            }
            let Some(group) = self.groups.next() else {
                return Ok(None);
            };
            self.group.enter(self.fs, GroupNumber(group))?;
        }
    }
}

impl Table {
    fn enter<R: BlockReader>(&mut self, fs: &Ext4<R>, group: GroupNumber) -> Result<(), Error> {
        (self.next, self.end) = (0, 0);
        let descriptor = fs.descriptor(group)?;
        if descriptor.inodes_unused {
            return Ok(());
        }
        let sb = fs.super_block();
        self.bitmap = fs.inode_bitmap(group, &descriptor)?;
        self.end = self.bitmap.end();
        self.first_number = group
            .0
            .saturating_mul(sb.inodes_per_group)
            .saturating_add(1);
        self.offset = sb.offset(descriptor.inode_table);
        (self.part_start, self.part_end) = (0, 0);
        Ok(())
    }

    fn next_allocated(&mut self) -> Option<u32> {
        let found = (self.next..self.end).find(|index| self.bitmap.is_set(*index));
        self.next = found.map_or(self.end, |index| index.saturating_add(1));
        found
    }

    /// Reads the part of the table that begins at an index, unless it is there already.
    fn load<R: BlockReader>(&mut self, fs: &Ext4<R>, index: u32) -> Result<(), Error> {
        if (self.part_start..self.part_end).contains(&index) {
            return Ok(());
        }
        let inode_size = u64::from(fs.super_block().inode_size);
        let block_size = u64::from(fs.block_size());
        let start = u64::from(index).saturating_mul(inode_size);
        let start = start.saturating_sub(start.checked_rem(block_size).unwrap_or(0));
        let end = u64::from(self.end)
            .saturating_mul(inode_size)
            .next_multiple_of(block_size);
        let length = end.saturating_sub(start).min(READ_BYTES);
        let count = |bytes: u64| to_u32(bytes.checked_div(inode_size).unwrap_or(0));
        self.part_start = count(start);
        self.part_end = count(start.saturating_add(length));
        self.part.resize(to_usize(length), 0);
        let read = fs
            .volume()
            .read_at(self.offset.saturating_add(start), &mut self.part);
        if read.is_err() {
            self.next = self.part_end.min(self.end);
            self.part_end = self.part_start;
        }
        Ok(read?)
    }

    fn bytes<R: BlockReader>(&self, fs: &Ext4<R>, index: u32) -> &[u8] {
        let length = usize::from(fs.super_block().inode_size);
        let at = to_usize(index.saturating_sub(self.part_start)).saturating_mul(length);
        let end = at.saturating_add(length);
        self.part.get(at..end).unwrap_or_default()
    }
}

/// An index in a group, whose inodes are counted in 32 bits.
fn to_u32(index: u64) -> u32 {
    index.try_into().unwrap_or(u32::MAX)
}

impl<R: BlockReader> Iterator for Inodes<'_, R> {
    type Item = Result<Inode, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_inode().transpose()
    }
}
