//! One pass over the inode tables: how each inode looks now. It needs nothing of earlier runs, and so
//! is made while what is known of them is fetched.

use super::fingerprint::Fingerprints;
use crate::error::{Error, Result};
use crate::index::FileKey;
use qib_ext4::{BlockReader, Ext4, FileType};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Groups that a thread takes at once: their tables lie side by side.
const GROUPS: u64 = 2;

/// How an inode looks: 28 bytes for each.
pub struct Seen {
    /// What an index would say of it.
    pub key: FileKey,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// What one thread saw.
#[derive(Default)]
pub struct Part {
    /// The newest time of an inode, in seconds since 1970.
    pub newest: i64,
    /// All inodes that are in use.
    pub seen: Vec<Seen>,
}

/// All inodes that are in use.
#[derive(Default)]
pub struct Look(pub Vec<Part>);

impl Look {
    /// Reads all inodes, on all processors.
    ///
    /// # Errors
    /// When the inode tables can not be read.
    pub fn take<R: BlockReader>(fs: &Ext4<R>, fingerprints: &Fingerprints) -> Result<Self> {
        let next = AtomicU64::new(0);
        let threads = thread::available_parallelism().map_or(1, |count| count.get().min(8));
        let parts: Result<Vec<Part>> = thread::scope(|scope| {
            let read = || scope.spawn(|| read(fs, fingerprints, &next));
            let running: Vec<_> = (0..threads).map(|_| read()).collect();
            let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
            ended
                .map(|part| part.map_err(|_| Error::thread_gone())?)
                .collect()
        });
        parts.map(Self)
    }

    /// Looks while something else is done.
    ///
    /// # Errors
    /// As [`Self::take`], and what that ends with.
    pub fn beside<R: BlockReader, T>(
        fs: &Ext4<R>,
        fingerprints: &Fingerprints,
        other: impl FnOnce() -> Result<T>,
    ) -> Result<(T, Self)> {
        thread::scope(|scope| {
            let look = scope.spawn(|| Self::take(fs, fingerprints));
            let done = other()?;
            let look = look.join().map_err(|_| Error::thread_gone())?;
            Ok((done, look?))
        })
    }
}

fn read<R: BlockReader>(
    fs: &Ext4<R>,
    fingerprints: &Fingerprints,
    next: &AtomicU64,
) -> Result<Part> {
    let mut part = Part::default();
    loop {
        let first = next.fetch_add(GROUPS, Ordering::Relaxed);
        let end = first.saturating_add(GROUPS).min(fs.group_count().into());
        let (Ok(first), Ok(end)) = (u32::try_from(first), u32::try_from(end)) else {
            return Ok(part);
        };
        if first >= end {
            return Ok(part);
        }
        for inode in fs.inodes_of(first..end) {
            let inode = inode?;
            part.newest = part.newest.max(inode.ctime.seconds);
            part.seen.push(Seen {
                key: fingerprints.key_of(&inode),
                is_folder: inode.file_type == FileType::Directory,
            });
        }
    }
}
