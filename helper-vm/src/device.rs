//! The volume as the helper finds it: a block device, or a file in the lab.

use crate::error::{Error, Result};
use qib_ext4::BlockReader;
use std::fs::{File, OpenOptions};
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
    /// As [`wait_for`].
    pub fn open(path: &Path) -> Result<Self> {
        let (file, size) = wait_for(path, OpenOptions::new().read(true))?;
        Ok(Self { file, size })
    }
}

/// Waits for a volume to appear, opens it and finds its size.
///
/// # Errors
/// [`Error::NoDevice`] when it does not appear in 15 seconds, or stays empty.
pub fn wait_for(path: &Path, options: &OpenOptions) -> Result<(File, u64)> {
    let end = Instant::now().checked_add(PATIENCE);
    loop {
        // A block device exists with no size for a moment while it connects.
        match open_now(path, options) {
            Ok((file, size)) if size > 0 => return Ok((file, size)),
            _ if end.is_none_or(|end| Instant::now() >= end) => return Err(Error::NoDevice),
            _ => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn open_now(path: &Path, options: &OpenOptions) -> io::Result<(File, u64)> {
    let mut file = options.open(path)?;
    let size = file.seek(SeekFrom::End(0))?;
    Ok((file, size))
}

impl BlockReader for Device {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}
