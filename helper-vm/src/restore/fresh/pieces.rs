//! Writing pieces that follow each other together: whole pages past the page cache, which would
//! copy all of it once more, in dom0 as well. No page is written both ways.

use super::fill::{FreshFill, Piece};
use crate::aligned::{ALIGNMENT, Memory};
use crate::number::{narrow, wide};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// What is written at once, at most, in bytes.
const MAX_BYTES: usize = 4 << 20;

/// Bytes that are written next.
pub(super) struct Pieces<'a, 'b> {
    fill: &'a FreshFill<'b>,
    memory: &'a mut Memory,
    /// Where they belong on the number line of free blocks.
    range: Range<u64>,
}

impl<'a, 'b> Pieces<'a, 'b> {
    pub(super) fn new(fill: &'a FreshFill<'b>, memory: &'a mut Memory) -> Self {
        let range = 0..0;
        Self {
            fill,
            memory,
            range,
        }
    }

    /// Writes pieces that are in order.
    pub(super) fn write_all(&mut self, pieces: &[Piece<'_>]) -> io::Result<()> {
        for piece in pieces {
            if piece.at != self.range.end {
                self.flush()?;
                self.range = piece.at..piece.at;
            }
            self.zeros(piece.placed.zeros_before)?;
            self.push(piece.plain)?;
            self.zeros(piece.placed.zeros_behind)?;
            debug_assert_eq!(self.range.end, piece.at + piece.length());
        }
        self.flush()
    }

    fn zeros(&mut self, count: u32) -> io::Result<()> {
        const ZEROS: [u8; 4096] = [0; 4096];
        let mut left = narrow(count.into());
        while left > 0 {
            let now = left.min(ZEROS.len());
            self.push(ZEROS.get(..now).unwrap_or_default())?;
            left = left.saturating_sub(now);
        }
        Ok(())
    }

    fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let filled = self.filled();
            let room = MAX_BYTES.saturating_sub(filled.end);
            if room == 0 {
                self.flush()?;
                continue;
            }
            let (now, later) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            let end = filled.end.saturating_add(now.len());
            let all = self.memory.slice(MAX_BYTES);
            let place = all.get_mut(filled.end..end).unwrap_or_default();
            place.copy_from_slice(now);
            self.range.end = self.range.end.saturating_add(wide(now.len()));
            bytes = later;
        }
        Ok(())
    }

    /// Where the bytes are in memory: as far from a page's begin as on the number line.
    fn filled(&self) -> Range<usize> {
        let start = narrow(self.range.start % wide(ALIGNMENT));
        let length = narrow(self.range.end.saturating_sub(self.range.start));
        start..start.saturating_add(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        let filled = self.filled();
        let mut rest = self.memory.bytes(filled.start, filled.len());
        for (offset, length) in self.fill.space.spans(self.range.start, wide(rest.len())) {
            let (now, later) = rest.split_at_checked(narrow(length)).unwrap_or((rest, &[]));
            self.write_span(self.fill.device.offset.saturating_add(offset), now)?;
            rest = later;
        }
        self.range.start = self.range.end;
        Ok(())
    }

    fn write_span(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let (file, page) = (self.fill.device.file, wide(ALIGNMENT));
        let head = narrow(offset.next_multiple_of(page).saturating_sub(offset)).min(bytes.len());
        let (head, rest) = bytes.split_at_checked(head).unwrap_or_default();
        let whole = rest.len().saturating_sub(rest.len() % ALIGNMENT);
        let (pages, tail) = rest.split_at_checked(whole).unwrap_or_default();
        let pages_at = offset.saturating_add(wide(head.len()));
        let is_aligned = pages.as_ptr().align_offset(ALIGNMENT) == 0;
        let direct = self.fill.direct.as_ref().filter(|_| is_aligned);
        file.write_all_at(head, offset)?;
        direct.unwrap_or(file).write_all_at(pages, pages_at)?;
        file.write_all_at(tail, pages_at.saturating_add(wide(whole)))
    }
}
