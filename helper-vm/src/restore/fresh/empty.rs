//! The empty file system: made in a file first, so that it is known whether everything fits
//! before the volume is touched.

use super::device::Device;
use super::identity;
use crate::error::{Error, Result};
use crate::number::{narrow, wide};
use crate::restore::mkfs;
use crate::restore::survey::Survey;
use crate::restore::target::{Target, run};
use crate::restore::zeros;
use qib_ext4_writer::{BlockWriter, Skeleton};
use qib_rpc::id::Digest;
use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use tempfile::NamedTempFile;

/// Where the superblock lies, in bytes. It is written last.
const SUPER_BLOCK: Range<u64> = 1024..2048;

/// What mke2fs makes zeros of at the end of a volume, in bytes: others have their marks there.
const LAST_BYTES: u64 = 64 << 10;

/// How much is copied at once.
const PIECE_BYTES: usize = 1 << 20;

/// An empty file system in a file.
#[derive(Debug)]
pub struct Empty {
    file: NamedTempFile,
    bytes: u64,
    /// What it is filled by.
    pub skeleton: Skeleton,
}

impl Empty {
    /// Makes one of `bytes` with what the target is to have; its only moment is `now`.
    ///
    /// # Errors
    /// [`Error::Unwritable`] when it has a layout that only the kernel fills, or when the
    /// helper's disk fails.
    pub fn make(
        bytes: u64,
        target: &Target,
        survey: &Survey,
        digest: Digest,
        now: i64,
    ) -> Result<Self> {
        let file = NamedTempFile::new_in("/var/tmp").map_err(Error::Helper)?;
        file.as_file().set_len(bytes).map_err(Error::Helper)?;
        let identity = identity::of(digest);
        let arguments = mkfs::apart(file.path(), bytes, target, survey, &identity);
        run(mkfs::MKFS, arguments, Some(now))?;
        let device = Device {
            file: file.as_file(),
            offset: 0,
            bytes,
        };
        let skeleton = Skeleton::read(&device).map_err(Error::Unwritable)?;
        Ok(Self {
            skeleton,
            file,
            bytes,
        })
    }

    /// Brings it to the volume, but for the superblock.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn install(&self, device: &Device<'_>) -> Result<()> {
        let head = 0..self.skeleton.head().max(SUPER_BLOCK.end).min(self.bytes);
        let last = self.bytes.saturating_sub(LAST_BYTES)..self.bytes;
        let journal = self.skeleton.journal().iter().cloned();
        for range in [head, last].into_iter().chain(journal) {
            let moved = |at: u64| at.saturating_add(device.offset);
            zeros::make(device.file, moved(range.start)..moved(range.end))?;
        }
        self.copy(device).map_err(Error::Target)
    }

    fn copy(&self, device: &Device<'_>) -> io::Result<()> {
        let mut buffer = vec![0; PIECE_BYTES];
        let mut end = 0;
        while let Some(start) = self.data_from(end)? {
            end = seek(self.file.as_file(), SeekFrom::Hole(start))?;
            let mut at = start;
            while at < end {
                let left = narrow(end.saturating_sub(at));
                let piece = buffer.get_mut(..left.min(PIECE_BYTES)).unwrap_or_default();
                self.file.as_file().read_exact_at(piece, at)?;
                without_super_block(piece, at);
                device.write_at(at, piece)?;
                at = at.saturating_add(wide(piece.len()));
            }
        }
        Ok(())
    }

    fn data_from(&self, at: u64) -> io::Result<Option<u64>> {
        match seek(self.file.as_file(), SeekFrom::Data(at)) {
            Ok(start) => Ok(Some(start)),
            Err(Errno::NXIO) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// Makes zeros of the superblock, as far as it is among the bytes from `at` on.
fn without_super_block(bytes: &mut [u8], at: u64) {
    let inside = |place: u64| narrow(place.saturating_sub(at)).min(bytes.len());
    let place = inside(SUPER_BLOCK.start)..inside(SUPER_BLOCK.end);
    bytes.get_mut(place).unwrap_or_default().fill(0);
}
