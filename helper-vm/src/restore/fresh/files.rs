//! The files that have data, in the order of the walk, and the blocks that each takes.

use crate::error::{Error, Result};
use crate::number::place;
use qib_ext4_writer::Space;

/// A file with data, by its place in the order of the walk.
pub type FileNumber = u32;

/// The blocks of a file.
#[derive(Clone, Copy, Debug)]
struct Row {
    blocks: u64,
    /// The first of them among the free blocks; none before its data comes.
    first: Option<u64>,
}

/// Files, which get their blocks in the order in which their data comes.
#[derive(Debug, Default)]
pub struct Files {
    rows: Vec<Row>,
    /// How many of the free blocks are taken: the first ones.
    pub taken: u64,
}

impl Files {
    /// Adds a file.
    ///
    /// # Errors
    /// When there are more than 2^32.
    pub fn add(&mut self, blocks: u64) -> Result<FileNumber> {
        let number = u32::try_from(self.rows.len()).map_err(|_| Error::TargetTooSmall(None))?;
        let first = None;
        self.rows.push(Row { blocks, first });
        Ok(number)
    }

    /// The first block of a file; taken now, with all others of it, if it is asked for first.
    ///
    /// # Errors
    /// When the volume is full.
    pub fn first(&mut self, number: FileNumber, space: &Space) -> Result<u64> {
        let row = self
            .rows
            .get_mut(place(number))
            .ok_or(Error::TargetTooSmall(None))?;
        if let Some(first) = row.first {
            return Ok(first);
        }
        let taken = self.taken.saturating_add(row.blocks);
        if taken > space.blocks() {
            return Err(Error::TargetTooSmall(None));
        }
        row.first = Some(self.taken);
        Ok(std::mem::replace(&mut self.taken, taken))
    }

    /// The first block of a file, or that which it would get if it were asked for now.
    pub fn would_be_first(&self, number: FileNumber) -> u64 {
        self.placed(number).unwrap_or(self.taken)
    }

    /// The first block of a file that has its data.
    pub fn placed(&self, number: FileNumber) -> Option<u64> {
        self.rows.get(place(number))?.first
    }
}
