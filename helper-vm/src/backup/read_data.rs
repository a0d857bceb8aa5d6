//! Cutting the data of files into chunks.

use super::read_ahead::ReadAhead;
use super::read_plan::Planned;
use super::store::Store;
use crate::cut::{Cutter, MAX_BYTES, WHOLE_BYTES};
use crate::error::{Error, Result};
use crate::index::{Stretch, push_stretch};
use crate::number::wide;
use crate::snapshot::Holds;
use qib_ext4::{Extent, Inode};

/// Takes files one by one.
pub struct DataReader<'a> {
    ahead: ReadAhead,
    cutter: &'a Cutter,
    buffer: Vec<u8>,
    /// Where in the buffer the data lies that is not cut yet.
    pending: std::ops::Range<usize>,
    /// True once the current run has given a chunk.
    run_was_cut: bool,
    words: Vec<u32>,
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
            cutter,
            buffer: vec![0; 2 * MAX_BYTES],
            pending: 0..0,
            run_was_cut: false,
            words: Vec::new(),
            at: 0,
            budget: volume_bytes,
        }
    }

    /// Reads the next file, stores its chunks and returns its content as words for
    /// the file table. `each_chunk` is called after every chunk.
    ///
    /// # Errors
    /// When the volume can not be read, or a chunk not be stored.
    pub fn next(
        &mut self,
        store: &mut Store,
        each_chunk: &mut impl FnMut(&mut Store) -> Result<()>,
    ) -> Result<Option<(Box<Planned>, &[u32])>> {
        self.words.clear();
        self.at = 0;
        loop {
            let Some(part) = self.ahead.next_file()? else {
                return Ok(None);
            };
            self.inline(&part.inode)?;
            for extent in &part.extents {
                self.extent(extent, store, each_chunk)?;
            }
            if !part.unfinished {
                self.end_run(store, each_chunk)?;
                if part.inode.size > self.at {
                    self.push(Stretch::Hole(part.inode.size.saturating_sub(self.at)))?;
                }
                return Ok(Some((part, &self.words)));
            }
        }
    }

    /// Takes what lies in the inode itself; such a file has no extents.
    fn inline(&mut self, inode: &Inode) -> Result<()> {
        let Some(content) = inode.inline_data()? else {
            return Ok(());
        };
        let free = self.buffer.get_mut(..content.len());
        let free = free.ok_or(Error::VolumeTooLarge("an inode beyond any limit"))?;
        free.copy_from_slice(&content);
        self.pending = 0..content.len();
        self.at = wide(content.len());
        Ok(())
    }

    fn extent(
        &mut self,
        extent: &Extent,
        store: &mut Store,
        each_chunk: &mut impl FnMut(&mut Store) -> Result<()>,
    ) -> Result<()> {
        if extent.offset > self.at {
            self.end_run(store, each_chunk)?;
            self.push(Stretch::Hole(extent.offset.saturating_sub(self.at)))?;
        }
        self.feed(extent, store, each_chunk)?;
        self.at = extent.offset.saturating_add(extent.length);
        Ok(())
    }

    fn feed(
        &mut self,
        extent: &Extent,
        store: &mut Store,
        each_chunk: &mut impl FnMut(&mut Store) -> Result<()>,
    ) -> Result<()> {
        let overlap = Error::VolumeContradicts("files claim more blocks than the volume has");
        let budget = self.budget.checked_sub(extent.length);
        self.budget = budget.ok_or(overlap)?;
        let mut skip = 0;
        while skip < extent.length {
            if self.pending.end == self.buffer.len() {
                self.buffer.copy_within(self.pending.clone(), 0);
                self.pending = 0..self.pending.len();
            }
            let free = self.buffer.get_mut(self.pending.end..).unwrap_or_default();
            let wanted = extent.length.saturating_sub(skip).min(wide(free.len()));
            let place = extent.place.saturating_add(skip);
            let found = self.ahead.bytes(place, wanted)?;
            let (target, _) = free.split_at_mut(found.len().min(free.len()));
            target.copy_from_slice(found);
            let count = found.len();
            skip = skip.saturating_add(wide(count));
            self.pending.end = self.pending.end.saturating_add(count);
            store.counts.bytes_read = store.counts.bytes_read.saturating_add(wide(count));
            while self.pending.len() > MAX_BYTES {
                self.cut(store, each_chunk)?;
            }
        }
        Ok(())
    }

    fn end_run(
        &mut self,
        store: &mut Store,
        each_chunk: &mut impl FnMut(&mut Store) -> Result<()>,
    ) -> Result<()> {
        while !self.pending.is_empty() {
            self.cut(store, each_chunk)?;
        }
        self.pending = 0..0;
        self.run_was_cut = false;
        Ok(())
    }

    /// Stores the next chunk of what is pending: all of the run's rest, or the
    /// longest chunk's length and more.
    fn cut(
        &mut self,
        store: &mut Store,
        each_chunk: &mut impl FnMut(&mut Store) -> Result<()>,
    ) -> Result<()> {
        let data = self.buffer.get(self.pending.clone()).unwrap_or_default();
        let whole = !self.run_was_cut && data.len() <= WHOLE_BYTES;
        let length = if whole {
            data.len()
        } else {
            self.cutter.first(data)
        };
        let chunk = data.get(..length).unwrap_or_default();
        let row = store.add(Holds::Data, chunk)?;
        self.pending.start = self.pending.start.saturating_add(length);
        self.run_was_cut = true;
        self.push(Stretch::Chunk(row))?;
        each_chunk(store)
    }

    fn push(&mut self, segment: Stretch) -> Result<()> {
        let fits = push_stretch(&mut self.words, segment);
        fits.then_some(())
            .ok_or(Error::VolumeTooLarge("a content beyond any limit"))
    }
}
