//! The directories that are entered and not left, with the one that mke2fs made for itself.

use qib_ext4::FileType;

use crate::error::{Impossible, Result};
use crate::names::{Name, Names};
use crate::numbers::{LOST_AND_FOUND, ROOT};

pub(crate) const LOST_AND_FOUND_NAME: &[u8] = b"lost+found";
/// mke2fs gives it room, so that names need no new block when a broken volume is mended.
const LOST_AND_FOUND_BYTES: usize = 16 << 10;

/// A directory, with the names that were added to it.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) inode: u32,
    /// The inode of the directory above it.
    pub(crate) parent: u32,
    pub(crate) names: Names,
    /// How many of the names are directories.
    pub(crate) folders: u32,
    /// What it takes at least, in bytes.
    pub(crate) least_bytes: usize,
}

/// From the root to the directory that was entered last.
#[derive(Debug)]
pub(crate) struct Levels {
    levels: Vec<Level>,
    has_lost_and_found: bool,
}

impl Levels {
    /// The root.
    pub(crate) fn new(has_lost_and_found: bool) -> Self {
        let mut levels = Self {
            levels: Vec::new(),
            has_lost_and_found,
        };
        levels.push(ROOT);
        levels
    }

    /// The inode that a directory of this name has already in the one that was entered last.
    pub(crate) fn own(&self, name: &[u8]) -> Option<u32> {
        let is_own = self.has_lost_and_found && name == LOST_AND_FOUND_NAME;
        (is_own && self.levels.len() == 1).then_some(LOST_AND_FOUND)
    }

    /// True at the root when the directory that mke2fs made has not come.
    pub(crate) fn lacks_own(&self) -> bool {
        let is_own = |name: Name<'_>| name.bytes == LOST_AND_FOUND_NAME;
        match self.levels.as_slice() {
            [root] => self.has_lost_and_found && !root.names.iter().any(is_own),
            _ => false,
        }
    }

    /// Adds a name to the directory that was entered last.
    pub(crate) fn name(&mut self, bytes: &[u8], inode: u32, file_type: FileType) -> Result<()> {
        let name = Name {
            inode,
            file_type,
            bytes,
        };
        let level = self.levels.last_mut();
        if level.is_some_and(|level| level.names.push(name)) {
            Ok(())
        } else {
            Err(Impossible::Directory.into())
        }
    }

    /// Enters a directory, whose name is added to the one that was entered last.
    pub(crate) fn enter(&mut self, name: &[u8], inode: u32) -> Result<()> {
        self.name(name, inode, FileType::Directory)?;
        if let Some(level) = self.levels.last_mut() {
            level.folders += 1;
        }
        self.push(inode);
        Ok(())
    }

    fn push(&mut self, inode: u32) {
        let is_own = self.has_lost_and_found && inode == LOST_AND_FOUND;
        self.levels.push(Level {
            inode,
            parent: self.levels.last().map_or(ROOT, |level| level.inode),
            names: Names::default(),
            folders: 0,
            least_bytes: if is_own { LOST_AND_FOUND_BYTES } else { 1 },
        });
    }

    /// Leaves the directory that was entered last; none when the root was left.
    pub(crate) fn leave(&mut self) -> Option<Level> {
        self.levels.pop()
    }
}
