//! Taking the data of files as it is read ahead, and cutting it into chunks.

use super::read_ahead::ReadAhead;
use super::read_plan::Planned;
use super::runs::Runs;
use super::store::Store;
use crate::cut::Cutter;
use crate::error::{Error, Result};
use crate::number::wide;
use qib_ext4::{Extent, Inode};

/// Takes files one by one.
pub struct DataReader<'a> {
    ahead: ReadAhead,
    runs: Runs<'a>,
    /// How far the current file is read, in bytes.
    at: u64,
    /// Bytes that may still be read: what claims more than the volume has is
    /// a trap, many files over the same blocks.
    budget: u64,
}

impl<'a> DataReader<'a> {
    /// A reader for the files of a volume of `volume_bytes`.
    pub fn new(ahead: ReadAhead, cutter: &'a Cutter, volume_bytes: u64) -> Self {
        Self {
            ahead,
            runs: Runs::new(cutter),
            at: 0,
            budget: volume_bytes,
        }
    }

    /// Reads the next file, stores its chunks and returns its content as words for
    /// the file table. `each_piece` is called after every piece that was read.
    ///
    /// # Errors
    /// When the volume can not be read, or a chunk not be stored.
    pub fn next(
        &mut self,
        store: &mut Store,
        each_piece: &mut impl FnMut(&mut Store) -> Result<()>,
    ) -> Result<Option<(Box<Planned>, Vec<u32>)>> {
        self.at = 0;
        while let Some(part) = self.ahead.next_file()? {
            self.inline(&part.inode, store)?;
            for extent in &part.extents {
                self.extent(extent, store, each_piece)?;
            }
            if !part.unfinished {
                let rest = part.inode.size.saturating_sub(self.at);
                self.runs.hole(store, rest)?;
                let words = self.runs.finish(store)?;
                return Ok(Some((part, words)));
            }
        }
        Ok(None)
    }

    /// Takes what lies in the inode itself; such a file has no extents.
    fn inline(&mut self, inode: &Inode, store: &mut Store) -> Result<()> {
        let Some(content) = inode.inline_data()? else {
            return Ok(());
        };
        self.runs.data(store, &content)?;
        self.at = wide(content.len());
        Ok(())
    }

    fn extent(
        &mut self,
        extent: &Extent,
        store: &mut Store,
        each_piece: &mut impl FnMut(&mut Store) -> Result<()>,
    ) -> Result<()> {
        let overlap = Error::VolumeContradicts("files claim more blocks than the volume has");
        let budget = self.budget.checked_sub(extent.length);
        self.budget = budget.ok_or(overlap)?;
        let hole = extent.offset.saturating_sub(self.at);
        self.runs.hole(store, hole)?;
        let mut skip = 0;
        while skip < extent.length {
            let place = extent.place.saturating_add(skip);
            let left = extent.length.saturating_sub(skip);
            let found = self.ahead.bytes(place, left)?;
            self.runs.data(store, found)?;
            let count = wide(found.len());
            skip = skip.saturating_add(count);
            store.counts.bytes_read = store.counts.bytes_read.saturating_add(count);
            each_piece(store)?;
        }
        self.at = extent.offset.saturating_add(extent.length);
        Ok(())
    }
}
