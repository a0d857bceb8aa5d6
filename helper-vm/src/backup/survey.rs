//! The inodes beside what is known of them: what looks as an earlier run saw it, and
//! which folders must be read because something in them or below them does not.

use super::look::{Look, Part, Seen};
use super::racy::ReadAgain;
use crate::bits::Bits;
use crate::error::{Error, Result};
use crate::index::{Folder, Parent};
use crate::known::Known;
use qib_ext4::VolumeTimes;
use std::thread;

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
    /// Whose turn it is to be read again.
    pub again: &'a ReadAgain,
}

/// What one thread found.
#[derive(Default)]
struct Found {
    newest: i64,
    same: Bits,
    /// Known inodes that do not look as they did, or that no manifest holds yet; true for folders.
    changed: Vec<(u32, bool)>,
}

impl Survey {
    /// Compares all inodes with what is known, on all processors.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn make(times: VolumeTimes, look: &Look, comparison: &Comparison<'_>) -> Result<Self> {
        let parts: Result<Vec<Found>> = thread::scope(|scope| {
            let compare = |part| scope.spawn(move || comparison.compare(part));
            let running: Vec<_> = look.0.iter().map(compare).collect();
            let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
            ended
                .map(|part| part.map_err(|_| Error::thread_gone()))
                .collect()
        });
        let mut survey = Self {
            newest: i64::try_from(times.written.max(times.mounted)).unwrap_or(0),
            ..Self::default()
        };
        let mut changed_links = Bits::default();
        for part in parts? {
            survey.newest = survey.newest.max(part.newest);
            survey.same.extend(&part.same);
            for (number, is_folder) in part.changed {
                survey.change(comparison.known, number, is_folder, &mut changed_links);
            }
        }
        survey.touch_links(comparison.known, &changed_links);
        Ok(survey)
    }

    fn change(&mut self, known: &Known, number: u32, is_folder: bool, changed_links: &mut Bits) {
        let row = known.files.row(number);
        let parent = row.map_or(Parent::Unknown, |row| known.files.parent(row));
        if is_folder {
            self.touch(known, Parent::Folder(number));
        } else if parent == Parent::Many {
            changed_links.insert(number);
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
    fn compare(&self, Part { newest, seen }: &Part) -> Found {
        let mut found = Found {
            newest: *newest,
            ..Found::default()
        };
        for Seen { key, is_folder } in seen {
            let rows = match is_folder {
                true => &self.known.folders,
                false => &self.known.files,
            };
            let Some(row) = rows.row(key.inode) else {
                continue;
            };
            let same = rows.is_trusted(row) && rows.key(row) == Some(*key);
            let same = same && !self.again.is_due(key.inode);
            if same {
                found.same.insert(key.inode);
            }
            if !same || !rows.is_placed(row) {
                found.changed.push((key.inode, *is_folder));
            }
        }
        found
    }
}
