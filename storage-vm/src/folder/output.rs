//! Writing a file that is seldom read: past the page cache.

use super::direct::{self, PIECE_BYTES, Piece};
use std::fs::File;
use std::io::{self, Write};

/// A new file that is written from its beginning to its end.
#[derive(Debug)]
pub struct Output {
    file: File,
    piece: Piece,
    /// Bytes of the piece that wait to be written.
    waiting: usize,
}

impl Output {
    /// Takes an empty file.
    pub fn new(file: File) -> Self {
        // A file system that takes no direct I/O says so here or at the first write.
        let _allowed = direct::set(&file, true);
        Self {
            file,
            piece: Piece::new(),
            waiting: 0,
        }
    }

    /// Takes the next bytes.
    pub fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = self.piece.room(self.waiting..PIECE_BYTES);
            let count = room.len().min(bytes.len());
            let (room, _) = room.split_at_mut(count);
            let (now, later) = bytes.split_at(count);
            room.copy_from_slice(now);
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
        let piece = self.piece.bytes(0..self.waiting);
        let count = direct::done(self.file.write(piece))?;
        if count < piece.len() {
            // Such as the end of an object, which is not aligned.
            direct::set(&self.file, false)?;
            self.file
                .write_all(piece.get(count..).unwrap_or_default())?;
        }
        self.waiting = 0;
        Ok(())
    }
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
