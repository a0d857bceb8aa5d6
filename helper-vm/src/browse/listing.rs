//! A folder that is being listed: the kernel asks for some entries at a time, most often for
//! those that follow.

use super::folder::Folder;
use super::kept::Kept;
use super::snapshots::Opened;
use crate::manifest::Entry;
use crate::number::wide;
use crate::restore::Stopped;
use std::io::{Read, Write};
use std::rc::Rc;

/// Where a listing is.
pub struct Listing {
    folder: Folder,
    /// The piece after the one in memory.
    next: usize,
    entries: Rc<[Entry]>,
    /// How many entries there are before those in memory.
    before: u64,
}

impl Listing {
    /// Begins.
    pub fn new(folder: Folder) -> Self {
        Self {
            folder,
            next: 0,
            entries: Rc::default(),
            before: 0,
        }
    }

    /// Hands the entries from number `from` on to `take`, with their numbers, until it says that
    /// it has enough.
    ///
    /// # Errors
    /// When a piece is missing or damaged.
    pub fn each<R: Read, W: Write>(
        &mut self,
        of: &Opened<'_, R, W>,
        kept: &mut Kept<[Entry]>,
        from: u64,
        mut take: impl FnMut(u64, &Entry) -> bool,
    ) -> Result<(), Stopped> {
        if from < self.before {
            (self.next, self.before) = (0, 0);
            self.entries = Rc::default();
        }
        loop {
            let numbered = (self.before..).zip(&*self.entries);
            for (number, entry) in numbered.skip_while(|(number, _)| *number < from) {
                if take(number, entry) {
                    return Ok(());
                }
            }
            let Some(entries) = self.folder.piece(of, kept, self.next)? else {
                return Ok(());
            };
            self.next = self.next.saturating_add(1);
            let passed = wide(self.entries.len());
            self.before = self.before.saturating_add(passed);
            self.entries = entries;
        }
    }
}
