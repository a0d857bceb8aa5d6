//! Giving numbers to inodes, in order.

use crate::error::{Error, Result};
use crate::shape::Shape;

/// The root directory.
pub(crate) const ROOT: u32 = 2;
/// `lost+found` in a file system that mke2fs made; any file, if nothing else has that name.
pub(crate) const LOST_AND_FOUND: u32 = 11;

/// The numbers that are left.
#[derive(Debug)]
pub(crate) struct Numbers {
    next: u32,
    last: u32,
    /// The number of `lost+found`, if it is for any file.
    spare: Option<u32>,
    /// Directories of each group.
    directories: Vec<u32>,
}

impl Numbers {
    /// Those behind the last that is in use.
    pub(crate) fn new(last_in_use: u32, shape: &Shape, has_lost_and_found: bool) -> Self {
        let groups = usize::try_from(shape.groups).unwrap_or(0);
        Self {
            next: last_in_use + 1,
            last: shape.inodes,
            spare: (!has_lost_and_found).then_some(LOST_AND_FOUND),
            directories: vec![0; groups],
        }
    }

    /// The next one.
    pub(crate) fn take(&mut self) -> Result<u32> {
        if let Some(spare) = self.spare.take() {
            return Ok(spare);
        }
        if self.next > self.last {
            return Err(Error::Full);
        }
        self.next += 1;
        Ok(self.next - 1)
    }

    /// A number is a directory's.
    pub(crate) fn note_directory(&mut self, number: u32, shape: &Shape) {
        let (group, _) = shape.locate(number);
        let count = usize::try_from(group)
            .ok()
            .and_then(|group| self.directories.get_mut(group));
        if let Some(count) = count {
            *count += 1;
        }
    }

    /// The first that is not taken. None but the first ones are.
    pub(crate) fn next(&self) -> u32 {
        self.next
    }

    /// Directories of a group.
    pub(crate) fn directories(&self, group: usize) -> u32 {
        self.directories.get(group).copied().unwrap_or(0)
    }
}
