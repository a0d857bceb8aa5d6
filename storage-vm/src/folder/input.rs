//! Reading an object as a whole, past the page cache: it is seldom read twice.

use super::direct::{self, PIECE_BYTES, Piece};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;

/// An object that is read from its beginning to its end.
pub struct Input {
    file: File,
    piece: Piece,
    /// What of the piece was not handed out yet.
    waiting: Range<usize>,
}

impl Input {
    /// Takes a file that is at its beginning.
    pub fn new(file: File) -> Self {
        // A file system that takes no direct I/O says so here or at the first read.
        let _allowed = direct::set(&file, true);
        Self {
            file,
            piece: Piece::new(),
            waiting: 0..0,
        }
    }

    fn read_piece(&mut self) -> io::Result<()> {
        let room = self.piece.room(0..PIECE_BYTES);
        let mut count = direct::done(self.file.read(room))?;
        if count == 0 {
            // The end, or no direct I/O here.
            direct::set(&self.file, false)?;
            count = self.file.read(room)?;
        }
        self.waiting = 0..count;
        Ok(())
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.waiting.is_empty() {
            self.read_piece()?;
        }
        let bytes = self.piece.bytes(self.waiting.clone());
        let count = bytes.len().min(into.len());
        let (room, _) = into.split_at_mut(count);
        let (now, _) = bytes.split_at(count);
        room.copy_from_slice(now);
        self.waiting.start = self.waiting.start.saturating_add(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::{Seek, SeekFrom};

    #[test]
    fn every_length_is_read_whole_with_direct_reads_or_without() {
        let disk = tempfile::tempdir_in("/var/tmp").unwrap();
        let memory = tempfile::tempdir_in("/dev/shm").unwrap();
        for folder in [disk.path(), memory.path()] {
            for bytes in [0, 1, 4095, 4096, PIECE_BYTES, 3 * PIECE_BYTES + 5] {
                let path = folder.join("object");
                let content: Vec<u8> = (0_u8..251).cycle().take(bytes).collect();
                fs::write(&path, &content).unwrap();
                let mut read = Vec::new();
                let mut input = Input::new(File::open(&path).unwrap());
                input.read_to_end(&mut read).unwrap();
                assert!(read == content, "{bytes}");
            }
        }
    }

    #[test]
    fn where_direct_reads_are_refused_others_are_made() {
        let disk = tempfile::tempdir_in("/var/tmp").unwrap();
        let path = disk.path().join("object");
        let content: Vec<u8> = (0_u8..251).cycle().take(3 * PIECE_BYTES).collect();
        fs::write(&path, &content).unwrap();
        let mut file = File::open(&path).unwrap();
        // No disk takes a direct read from here.
        file.seek(SeekFrom::Start(5)).unwrap();
        let mut read = Vec::new();
        Input::new(file).read_to_end(&mut read).unwrap();
        assert!(read == content[5..]);
    }
}
