//! The empty file system: made in a file first, so that it is known whether everything fits
//! before the volume is touched.

use super::device::Device;
use super::plan::Plan;
use crate::error::{Error, Result};
use crate::number::{narrow, wide};
use crate::restore::mkfs;
use crate::restore::target::{Target, run};
use crate::restore::zeros;
use qib_ext4_writer::{BlockWriter, Skeleton};
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

/// Sizes are told in steps of so many bytes.
const SIZE_STEP: u64 = 1 << 20;

/// A larger file system needs more for itself: each try is nearer.
const MAX_TRIES: u32 = 16;

/// An empty file system in a file.
#[derive(Debug)]
pub struct Empty {
    file: NamedTempFile,
    bytes: u64,
    /// What it is filled by.
    pub skeleton: Skeleton,
}

impl Empty {
    /// Makes one of `bytes` with what the target is to have; its only moment is the snapshot's.
    ///
    /// # Errors
    /// [`Error::Unwritable`] when it has a layout that only the kernel fills, or when the
    /// helper's disk fails.
    pub fn make(bytes: u64, target: &Target, plan: &Plan<'_>) -> Result<Self> {
        let file = NamedTempFile::new_in("/var/tmp").map_err(Error::Helper)?;
        file.as_file().set_len(bytes).map_err(Error::Helper)?;
        let arguments = mkfs::apart(file.path(), bytes, target, plan.survey, &plan.identity);
        run(mkfs::MKFS, arguments, Some(plan.tree.time))?;
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

    /// How many blocks are missing where so many are to be taken.
    pub fn lacks(&self, blocks: u64) -> u64 {
        // What lies between rows of free blocks divides one file in two, wherever that lies.
        let gaps = wide(self.skeleton.space().rows());
        let needed = blocks.saturating_add(gaps);
        needed.saturating_sub(self.skeleton.free_blocks())
    }

    /// A size in bytes, hardly more than needed, at which so many blocks can be taken. None for
    /// a disk, which has its size, and where none is found.
    ///
    /// # Errors
    /// As [`Empty::make`].
    pub fn enough(&self, blocks: u64, target: &Target, plan: &Plan<'_>) -> Result<Option<u64>> {
        let tries = if target.disk().is_none() {
            MAX_TRIES
        } else {
            0
        };
        let (mut bytes, mut missing) = (self.bytes, self.lacks(blocks));
        for _ in 0..tries {
            let more = missing.saturating_mul(self.skeleton.block_size().into());
            bytes = bytes.saturating_add(more).next_multiple_of(SIZE_STEP);
            missing = Self::make(bytes, target, plan)?.lacks(blocks);
            if missing == 0 {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// Brings it to the volume, but for the superblock. What lies where it has free blocks is left
    /// there: an interrupted restore may have written it.
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
            for range in self.skeleton.space().beside(start..end) {
                self.copy_range(device, range, &mut buffer)?;
            }
        }
        Ok(())
    }

    fn copy_range(
        &self,
        device: &Device<'_>,
        range: Range<u64>,
        buffer: &mut [u8],
    ) -> io::Result<()> {
        let mut at = range.start;
        while at < range.end {
            let left = narrow(range.end.saturating_sub(at));
            let piece = buffer.get_mut(..left.min(PIECE_BYTES)).unwrap_or_default();
            self.file.as_file().read_exact_at(piece, at)?;
            without_super_block(piece, at);
            device.write_at(at, piece)?;
            at = at.saturating_add(wide(piece.len()));
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
