//! A part of a disk as a volume of its own.

use crate::number::wide;
use qib_ext4::BlockReader;
use std::io;
use std::ops::Range;

/// A part of a volume, and nothing beside it.
#[derive(Debug)]
pub struct Part<R> {
    disk: R,
    range: Range<u64>,
}

impl<R: BlockReader> Part<R> {
    /// The part of `disk` at this place; none when it is not inside.
    pub fn new(disk: R, range: Range<u64>) -> Option<Self> {
        let inside = range.start < range.end && range.end <= disk.size();
        inside.then_some(Self { disk, range })
    }
}

impl<R: BlockReader> BlockReader for Part<R> {
    fn size(&self) -> u64 {
        self.range.end.saturating_sub(self.range.start)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(wide(buffer.len()));
        if end.is_none_or(|end| end > self.size()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.disk
            .read_at(self.range.start.saturating_add(offset), buffer)
    }
}
