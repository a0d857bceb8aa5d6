//! Writing inodes to their tables: most come in the order of their numbers and are written
//! together; a directory comes when all that is in it has come.

use crate::block_writer::BlockWriter;
use crate::error::Result;
use crate::fields::narrow;
use crate::group::Group;
use crate::taking::Taking;

/// Inodes that are written together, at most.
const WINDOW: u32 = 1024;

/// The inodes that are not written yet: a row of one group.
#[derive(Debug)]
pub(crate) struct InodeTable {
    groups: Vec<Group>,
    /// The number of the first of them.
    first: u32,
    /// The first number behind those that may be written together with it.
    limit: u32,
    bytes: Vec<u8>,
}

impl InodeTable {
    /// The tables of a file system whose own inodes all lie before `next`: one of those is
    /// written by itself, as its neighbours are the file system's.
    pub(crate) fn new(groups: Vec<Group>, next: u32) -> Self {
        Self {
            groups,
            first: next,
            limit: next,
            bytes: Vec::new(),
        }
    }

    /// Puts an inode, for which nothing was put before.
    pub(crate) fn put(
        &mut self,
        number: u32,
        record: &[u8],
        taking: &Taking<impl BlockWriter>,
    ) -> Result<()> {
        if number < self.first {
            return taking.write_at(self.place(number, taking), record);
        }
        if number >= self.limit {
            self.flush(taking)?;
            let (_, index) = taking.shape().locate(number);
            let left = taking.shape().inodes_per_group - index;
            (self.first, self.limit) = (number, number + left.min(WINDOW));
        }
        let at = narrow(number - self.first) * record.len();
        let end = at + record.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if let Some(slot) = self.bytes.get_mut(at..end) {
            slot.copy_from_slice(record);
        }
        Ok(())
    }

    /// Writes what is left; the rest of the block that holds the inode before `next` has none.
    pub(crate) fn finish(
        mut self,
        next: u32,
        taking: &Taking<impl BlockWriter>,
    ) -> Result<Vec<Group>> {
        self.flush(taking)?;
        let (_, index) = taking.shape().locate(next);
        let in_block = taking.shape().block_size / u32::from(taking.shape().inode_size);
        let unused = (in_block - index % in_block) % in_block;
        let zeros = narrow(unused) * usize::from(taking.shape().inode_size);
        if zeros > 0 {
            taking.write_at(self.place(next, taking), &vec![0; zeros])?;
        }
        Ok(self.groups)
    }

    fn flush(&mut self, taking: &Taking<impl BlockWriter>) -> Result<()> {
        if !self.bytes.is_empty() {
            taking.write_at(self.place(self.first, taking), &self.bytes)?;
            self.bytes.clear();
        }
        Ok(())
    }

    /// Where an inode is on the volume.
    fn place(&self, number: u32, taking: &Taking<impl BlockWriter>) -> u64 {
        let (group, index) = taking.shape().locate(number);
        let table = self.groups.get(narrow(group)).map_or(0, Group::inode_table);
        let inside = u64::from(index) * u64::from(taking.shape().inode_size);
        taking.shape().offset(table) + inside
    }
}
