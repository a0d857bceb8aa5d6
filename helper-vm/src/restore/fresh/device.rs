//! The part of the volume that the file system is written to.

use qib_ext4::BlockReader;
use qib_ext4_writer::BlockWriter;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// A part of an open volume, or a file.
#[derive(Clone, Copy, Debug)]
pub struct Device<'a> {
    /// The volume.
    pub file: &'a File,
    /// Where the part begins, in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

impl BlockWriter for Device<'_> {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let at = self.offset.saturating_add(offset);
        self.file.write_all_at(bytes, at)
    }
}

impl BlockReader for Device<'_> {
    fn size(&self) -> u64 {
        self.bytes
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let at = self.offset.saturating_add(offset);
        self.file.read_exact_at(buffer, at)
    }
}
