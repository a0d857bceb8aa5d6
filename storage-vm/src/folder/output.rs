//! Writing a file that is seldom read: past the page cache, where the file system allows it.
//! That saves a copy of every byte, and what the qube has in its cache stays there.

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};

/// Bytes written at once.
const PIECE_BYTES: usize = 1 << 20;

/// The alignment of place, length and memory that direct I/O takes on any disk.
const ALIGNMENT: usize = 4096;

/// A new file that is written from its beginning to its end.
#[derive(Debug)]
pub struct Output {
    file: File,
    memory: Vec<u8>,
    /// Where in the memory the aligned piece begins.
    start: usize,
    /// Bytes of the piece that wait to be written.
    waiting: usize,
}

impl Output {
    /// Takes an empty file.
    pub fn new(file: File) -> Self {
        let memory = vec![0; PIECE_BYTES + ALIGNMENT];
        let start = memory.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        // A file system that takes no direct I/O says so here or at the first write.
        let _allowed = set_direct(&file, true);
        Self {
            file,
            memory,
            start,
            waiting: 0,
        }
    }

    /// Takes the next bytes.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (from, to) = (self.start.saturating_add(self.waiting), self.end());
            let room = self.memory.get_mut(from..to).unwrap_or_default();
            let count = room.len().min(bytes.len());
            let (now, later) = bytes.split_at(count);
            if let Some(room) = room.get_mut(..count) {
                room.copy_from_slice(now);
            }
            self.waiting = self.waiting.saturating_add(count);
            bytes = later;
            if self.waiting == PIECE_BYTES {
                self.write_piece()?;
            }
        }
        Ok(())
    }

    /// Writes what waits, and gives the file back.
    pub fn finish(&mut self) -> io::Result<&File> {
        if self.waiting > 0 {
            self.write_piece()?;
        }
        Ok(&self.file)
    }

    fn write_piece(&mut self) -> io::Result<()> {
        let end = self.start.saturating_add(self.waiting);
        let piece = self.memory.get(self.start..end).unwrap_or_default();
        let count = match self.file.write(piece) {
            Err(error) if Errno::from_io_error(&error) == Some(Errno::INVAL) => 0,
            result => result?,
        };
        if count < piece.len() {
            // Such as the end of an object, which is not aligned.
            set_direct(&self.file, false)?;
            self.file
                .write_all(piece.get(count..).unwrap_or_default())?;
        }
        self.waiting = 0;
        Ok(())
    }

    fn end(&self) -> usize {
        self.start.saturating_add(PIECE_BYTES)
    }
}

fn set_direct(file: &File, direct: bool) -> Result<(), Errno> {
    let mut flags = fcntl_getfl(file)?;
    flags.set(OFlags::DIRECT, direct);
    fcntl_setfl(file, flags)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn written(folder: &Path, bytes: usize, piece: usize) {
        let path = folder.join("object");
        let content: Vec<u8> = (0_u8..251).cycle().take(bytes).collect();
        let mut output = Output::new(File::create(&path).unwrap());
        for piece in content.chunks(piece) {
            output.write(piece).unwrap();
        }
        output.finish().unwrap();
        assert!(fs::read(&path).unwrap() == content, "{bytes} {piece}");
    }

    #[test]
    fn every_length_arrives_whole_with_direct_writes_or_without() {
        let disk = tempfile::tempdir_in("/var/tmp").unwrap();
        let memory = tempfile::tempdir_in("/dev/shm").unwrap();
        for folder in [disk.path(), memory.path()] {
            for bytes in [
                0,
                1,
                4096,
                PIECE_BYTES - 1,
                PIECE_BYTES,
                3 * PIECE_BYTES + 5,
            ] {
                written(folder, bytes, 100_000);
                written(folder, bytes, PIECE_BYTES * 2);
            }
        }
    }
}
