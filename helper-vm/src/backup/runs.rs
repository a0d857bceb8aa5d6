//! Cutting a content that arrives in pieces, data and holes, into chunks.

use super::store::Store;
use crate::cut::{Cutter, MAX_BYTES, WHOLE_BYTES};
use crate::error::{Error, Result};
use crate::index::{Stretch, push_stretch};
use crate::snapshot::Holds;
use std::ops::Range;

/// The chunks and holes of one content after the other.
pub struct Runs<'a> {
    cutter: &'a Cutter,
    buffer: Vec<u8>,
    /// Where in the buffer the data lies that is not cut yet.
    pending: Range<usize>,
    /// True once the current run has given a chunk.
    run_was_cut: bool,
    /// The hole that is still growing, in bytes.
    hole: u64,
    words: Vec<u32>,
}

impl<'a> Runs<'a> {
    /// Begins with an empty content.
    pub fn new(cutter: &'a Cutter) -> Self {
        Self {
            cutter,
            buffer: vec![0; 2 * MAX_BYTES],
            pending: 0..0,
            run_was_cut: false,
            hole: 0,
            words: Vec::new(),
        }
    }

    /// The next bytes are these.
    ///
    /// # Errors
    /// When a chunk could not be stored.
    pub fn data(&mut self, store: &mut Store, mut bytes: &[u8]) -> Result<()> {
        self.end_hole()?;
        while !bytes.is_empty() {
            if self.pending.end == self.buffer.len() {
                self.buffer.copy_within(self.pending.clone(), 0);
                self.pending = 0..self.pending.len();
            }
            let free = self.buffer.get_mut(self.pending.end..).unwrap_or_default();
            let count = free.len().min(bytes.len());
            let (now, later) = bytes.split_at(count);
            if let Some(room) = free.get_mut(..count) {
                room.copy_from_slice(now);
            }
            self.pending.end = self.pending.end.saturating_add(count);
            bytes = later;
            while self.pending.len() > MAX_BYTES {
                self.cut(store)?;
            }
        }
        Ok(())
    }

    /// The next bytes are a hole.
    ///
    /// # Errors
    /// When a chunk could not be stored.
    pub fn hole(&mut self, store: &mut Store, bytes: u64) -> Result<()> {
        if bytes > 0 {
            self.end_run(store)?;
            self.hole = self.hole.saturating_add(bytes);
        }
        Ok(())
    }

    /// The content is complete: its words for the file table. The next one begins.
    ///
    /// # Errors
    /// When a chunk could not be stored.
    pub fn finish(&mut self, store: &mut Store) -> Result<Vec<u32>> {
        self.end_run(store)?;
        self.end_hole()?;
        Ok(std::mem::take(&mut self.words))
    }

    fn end_hole(&mut self) -> Result<()> {
        match std::mem::take(&mut self.hole) {
            0 => Ok(()),
            bytes => self.push(Stretch::Hole(bytes)),
        }
    }

    fn end_run(&mut self, store: &mut Store) -> Result<()> {
        while !self.pending.is_empty() {
            self.cut(store)?;
        }
        self.pending = 0..0;
        self.run_was_cut = false;
        Ok(())
    }

    /// Stores the next chunk of what is pending: all of the run's rest, or the
    /// longest chunk's length and more.
    fn cut(&mut self, store: &mut Store) -> Result<()> {
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
        self.push(Stretch::Chunk(row))
    }

    fn push(&mut self, stretch: Stretch) -> Result<()> {
        let fits = push_stretch(&mut self.words, stretch);
        fits.then_some(())
            .ok_or(Error::VolumeTooLarge("a content beyond any limit"))
    }
}
