//! One pass over the inode tables: what looks as an earlier run saw it, and
//! which folders must be read because something in them or below them does not.

use super::fingerprint::Fingerprints;
use super::racy::ReadAgain;
use crate::bits::Bits;
use crate::error::Result;
use crate::index::{Folder, Parent};
use crate::known::{Known, Rows};
use qib_ext4::{BlockReader, Ext4, FileType, Inode};

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

impl Survey {
    /// Reads all inodes.
    ///
    /// # Errors
    /// When the inode tables can not be read.
    pub fn make<R: BlockReader>(
        fs: &Ext4<R>,
        known: &Known,
        fingerprints: &Fingerprints,
        again: &ReadAgain,
    ) -> Result<Self> {
        let times = fs.times();
        let mut survey = Self {
            newest: i64::try_from(times.written.max(times.mounted)).unwrap_or(0),
            ..Self::default()
        };
        let mut changed_links = Bits::default();
        for inode in fs.inodes() {
            let inode = inode?;
            survey.newest = survey.newest.max(inode.ctime.seconds);
            let rows = table_of(known, &inode);
            let Some(row) = rows.row(inode.number.get()) else {
                continue;
            };
            let same = rows.is_trusted(row) && rows.key(row) == Some(fingerprints.key_of(&inode));
            if same && !again.is_due(inode.number.get()) {
                survey.same.insert(inode.number.get());
                if rows.is_placed(row) {
                    continue;
                }
            }
            if inode.file_type == FileType::Directory {
                survey.touch(known, Parent::Folder(inode.number.get()));
            } else if rows.parent(row) == Parent::Many {
                changed_links.insert(inode.number.get());
            } else {
                survey.touch(known, rows.parent(row));
            }
        }
        survey.touch_links(known, &changed_links);
        Ok(survey)
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

fn table_of<'a>(known: &'a Known, inode: &Inode) -> &'a Rows {
    if inode.file_type == FileType::Directory {
        &known.folders
    } else {
        &known.files
    }
}
