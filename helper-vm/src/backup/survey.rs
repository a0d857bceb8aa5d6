//! One pass over the inode tables: what looks as an earlier run saw it, and
//! which folders must be read because something in them or below them does not.

use super::fingerprint::Fingerprints;
use super::racy::ReadAgain;
use crate::bits::Bits;
use crate::error::{Error, Result};
use crate::index::{Folder, Parent};
use crate::known::Known;
use qib_ext4::{BlockReader, Ext4, FileType, Inode, InodeNumber};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Groups that a thread takes at once: their tables lie side by side.
const GROUPS: u64 = 2;

/// What the inode tables say, compared with the index.
#[derive(Default)]
pub struct Survey {
    /// The newest time that the volume knows, in seconds since 1970.
    pub newest: i64,
    /// Inodes that look as their rows say.
    pub same: Bits,
    /// Folders among the known ones whose names must be read.
    touched: Bits,
}

/// How the inodes are compared.
pub struct Comparison<'a> {
    /// What earlier runs saw.
    pub known: &'a Known,
    /// How inodes looked.
    pub fingerprints: &'a Fingerprints,
    /// Whose turn it is to be read again.
    pub again: &'a ReadAgain,
}

/// What one thread found.
#[derive(Default)]
struct Found {
    newest: i64,
    same: Bits,
    /// Known inodes that do not look as they did, or that no manifest holds yet.
    changed: Vec<(InodeNumber, FileType)>,
}

impl Survey {
    /// Reads all inodes, on all processors.
    ///
    /// # Errors
    /// When the inode tables can not be read.
    pub fn make<R: BlockReader>(fs: &Ext4<R>, comparison: &Comparison<'_>) -> Result<Self> {
        let next = AtomicU64::new(0);
        let threads = thread::available_parallelism().map_or(1, |count| count.get().min(8));
        let parts: Result<Vec<Found>> = thread::scope(|scope| {
            let read = || scope.spawn(|| comparison.read(fs, &next));
            let running: Vec<_> = (0..threads).map(|_| read()).collect();
            let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
            ended
                .map(|part| part.map_err(|_| Error::thread_gone())?)
                .collect()
        });
        let times = fs.times();
        let mut survey = Self {
            newest: i64::try_from(times.written.max(times.mounted)).unwrap_or(0),
            ..Self::default()
        };
        let mut changed_links = Bits::default();
        for part in parts? {
            survey.newest = survey.newest.max(part.newest);
            survey.same.extend(&part.same);
            for (number, file_type) in part.changed {
                survey.change(comparison.known, number, file_type, &mut changed_links);
            }
        }
        survey.touch_links(comparison.known, &changed_links);
        Ok(survey)
    }

    fn change(
        &mut self,
        known: &Known,
        number: InodeNumber,
        file_type: FileType,
        changed_links: &mut Bits,
    ) {
        let row = known.files.row(number.get());
        let parent = row.map_or(Parent::Unknown, |row| known.files.parent(row));
        if file_type == FileType::Directory {
            self.touch(known, Parent::Folder(number.get()));
        } else if parent == Parent::Many {
            changed_links.insert(number.get());
        } else {
            self.touch(known, parent);
        }
    }

    /// The row of a folder that, with all below it, is as an earlier run saw
    /// it, if it still stands where it stood.
    pub fn unchanged(&self, known: &Known, folder: u32) -> Option<u32> {
        let same = self.same.contains(folder) && !self.touched.contains(folder);
        known.folders.row(folder).filter(|_| same)
    }

    /// Notes that a folder must be read, and so every folder above it.
    fn touch(&mut self, known: &Known, mut folder: Parent) {
        while let Parent::Folder(number) = folder {
            if !self.touched.insert(number) {
                return;
            }
            let above = known.folders.row(number);
            folder = above.map_or(Parent::Unknown, |row| known.folders.parent(row));
        }
    }

    /// Touches every folder with a name of one of these inodes.
    fn touch_links(&mut self, known: &Known, changed: &Bits) {
        for row in known.folders.current() {
            let folder = Folder::of_words(known.folders.words(row));
            let links = folder.map(|folder| folder.links).unwrap_or_default();
            if links.iter().any(|link| changed.contains(*link))
                && let Some(key) = known.folders.key(row)
            {
                self.touch(known, Parent::Folder(key.inode));
            }
        }
    }
}

impl Comparison<'_> {
    fn read<R: BlockReader>(&self, fs: &Ext4<R>, next: &AtomicU64) -> Result<Found> {
        let mut found = Found::default();
        loop {
            let first = next.fetch_add(GROUPS, Ordering::Relaxed);
            let end = first.saturating_add(GROUPS).min(fs.group_count().into());
            let (Ok(first), Ok(end)) = (u32::try_from(first), u32::try_from(end)) else {
                return Ok(found);
            };
            if first >= end {
                return Ok(found);
            }
            for inode in fs.inodes_of(first..end) {
                self.compare(&inode?, &mut found);
            }
        }
    }

    fn compare(&self, inode: &Inode, found: &mut Found) {
        found.newest = found.newest.max(inode.ctime.seconds);
        let rows = if inode.file_type == FileType::Directory {
            &self.known.folders
        } else {
            &self.known.files
        };
        let number = inode.number.get();
        let Some(row) = rows.row(number) else {
            return;
        };
        let same = rows.is_trusted(row) && rows.key(row) == Some(self.fingerprints.key_of(inode));
        let same = same && !self.again.is_due(number);
        if same {
            found.same.insert(number);
        }
        if !same || !rows.is_placed(row) {
            found.changed.push((inode.number, inode.file_type));
        }
    }
}
