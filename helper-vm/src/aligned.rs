//! Memory that direct I/O takes.

/// The alignment of place, length and memory that direct I/O takes on any disk, in bytes.
pub const ALIGNMENT: usize = 4096;

/// Memory that begins on the alignment, used again and again.
#[derive(Debug, Default)]
pub struct Memory {
    bytes: Vec<u8>,
    start: usize,
}

impl Memory {
    /// A slice of `length` bytes; its content is whatever was there before.
    pub fn slice(&mut self, length: usize) -> &mut [u8] {
        let needed = length.saturating_add(2 * ALIGNMENT);
        if self.bytes.len() < needed {
            self.bytes = vec![0; needed];
            self.start = self.bytes.as_ptr().align_offset(ALIGNMENT);
        }
        let end = self.start.saturating_add(length);
        self.bytes.get_mut(self.start..end).unwrap_or_default()
    }

    /// Some bytes of the slice that was asked for last.
    pub fn bytes(&self, skip: usize, length: usize) -> &[u8] {
        let start = self.start.saturating_add(skip);
        let end = start.saturating_add(length);
        self.bytes.get(start..end).unwrap_or_default()
    }
}
