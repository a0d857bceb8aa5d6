//! Direct I/O: past the page cache, where the file system allows it. That saves a copy of every
//! byte, and what the qube has in its cache stays there.

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::ops::Range;

/// Bytes read or written at once.
pub const PIECE_BYTES: usize = 1 << 20;

/// The alignment of place, length and memory that direct I/O takes on any disk.
const ALIGNMENT: usize = 4096;

/// Memory for a piece, aligned.
#[derive(Debug)]
pub struct Piece {
    memory: Vec<u8>,
    /// Where in the memory it begins.
    start: usize,
}

impl Piece {
    /// Takes memory.
    pub fn new() -> Self {
        let memory = vec![0; PIECE_BYTES + ALIGNMENT];
        let start = memory.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        Self { memory, start }
    }

    /// A part of it.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.memory.get(self.place(range)).unwrap_or_default()
    }

    /// A part of it, to be filled.
    pub fn room(&mut self, range: Range<usize>) -> &mut [u8] {
        let place = self.place(range);
        self.memory.get_mut(place).unwrap_or_default()
    }

    fn place(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.min(PIECE_BYTES);
        self.start.saturating_add(range.start)..self.start.saturating_add(end)
    }
}

/// Switches direct I/O on or off; some file systems refuse only when it is used.
///
/// # Errors
/// When this file can not have it.
pub fn set(file: &File, direct: bool) -> Result<(), Errno> {
    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::DIRECT, direct);
    fcntl_setfl(file, flags)
}

/// What was read or written directly: nothing where that is not possible here.
///
/// # Errors
/// Any other error.
pub fn done(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if Errno::from_io_error(&error) == Some(Errno::INVAL) => Ok(0),
        result => result,
    }
}
