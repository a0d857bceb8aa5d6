//! The volume as the helper finds it: a block device, or a file in the lab.

use crate::error::{Error, Result};
use qib_ext4::BlockReader;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long dom0's attaching may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// An opened volume that is only read.
#[derive(Debug)]
pub struct Device {
    file: File,
    size: u64,
}

impl Device {
    /// Waits for the volume to appear and opens it.
    ///
    /// # Errors
    /// [`Error::NoDevice`] when it does not appear in 15 seconds, or stays empty.
    pub fn open(path: &Path) -> Result<Self> {
        let end = Instant::now().checked_add(PATIENCE);
        loop {
            // A block device exists with no size for a moment while it connects.
            let opened = Self::open_now(path).ok();
            if let Some(device) = opened.filter(|device| device.size > 0) {
                return Ok(device);
            }
            if end.is_none_or(|end| Instant::now() >= end) {
                return Err(Error::NoDevice);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn open_now(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let size = file.seek(SeekFrom::End(0))?;
        Ok(Self { file, size })
    }
}

impl BlockReader for Device {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}
