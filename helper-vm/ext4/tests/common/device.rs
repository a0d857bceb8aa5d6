//! Block readers over a file and over memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use qib_ext4::BlockReader;

/// An image file.
pub struct FileDevice {
    file: File,
    size: u64,
}

impl FileDevice {
    pub fn open(path: &Path) -> Self {
        let file = File::open(path).unwrap();
        let size = file.metadata().unwrap().len();
        Self { file, size }
    }
}

impl BlockReader for FileDevice {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}

/// An image in memory, which a test has changed.
pub struct MemoryDevice(pub Vec<u8>);

impl BlockReader for MemoryDevice {
    fn size(&self) -> u64 {
        self.0.len().try_into().unwrap()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let found = self.0.get(start..start + buffer.len());
        buffer.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}
