//! The volume as the helper finds it: a block device, or a file in the lab.

use crate::aligned::ALIGNMENT;
use crate::error::{Error, Result};
use crate::number::wide;
use qib_ext4::BlockReader;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long dom0's attaching may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// How much is looked at at once.
const PIECE_BYTES: usize = 1 << 20;

/// An opened volume that is only read.
#[derive(Debug)]
pub struct Device {
    file: File,
    /// The same for reads that fit, past the page cache: data is read once. None
    /// where the volume is a file on a file system without direct I/O.
    direct: Option<File>,
    size: u64,
}

impl Device {
    /// Waits for the volume to appear and opens it.
    ///
    /// # Errors
    /// As [`wait_for`].
    pub fn open(path: &Path) -> Result<Self> {
        let (file, size) = wait_for(path, OpenOptions::new().read(true))?;
        let direct = OpenOptions::new()
            .read(true)
            .custom_flags(rustix::fs::OFlags::DIRECT.bits().cast_signed())
            .open(path)
            .ok();
        Ok(Self { file, direct, size })
    }

    /// Lets the page cache forget what of the volume is on its disk.
    pub fn forget(&self) {
        // Only advice: what stays is read from memory.
        let _kept = rustix::fs::fadvise(&self.file, 0, None, rustix::fs::Advice::DontNeed);
    }

    /// True when the volume is zeros throughout, the criterion by which Qubes formats it.
    ///
    /// # Errors
    /// When it can not be read.
    pub fn is_empty(&mut self) -> Result<bool> {
        let mut buffer = vec![0; PIECE_BYTES];
        self.file.rewind().map_err(Error::reading)?;
        loop {
            let count = self.file.read(&mut buffer).map_err(Error::reading)?;
            let piece = buffer.get(..count).unwrap_or_default();
            if piece.is_empty() || piece.iter().any(|byte| *byte != 0) {
                return Ok(piece.is_empty());
            }
        }
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
        let fits = offset.is_multiple_of(wide(ALIGNMENT))
            && buffer.len().is_multiple_of(ALIGNMENT)
            && buffer.as_ptr().align_offset(ALIGNMENT) == 0;
        let direct = self.direct.as_ref().filter(|_| fits);
        match direct.map(|direct| direct.read_exact_at(buffer, offset)) {
            Some(Ok(())) => Ok(()),
            _ => self.file.read_exact_at(buffer, offset),
        }
    }
}
