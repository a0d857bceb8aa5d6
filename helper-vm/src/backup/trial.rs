//! What a dry run finds out besides: what the qube's own rules would leave out, and how large the
//! largest folders are.

use super::paths::{Paths, Position};
use qib_rpc::count::LeftOut;
use qib_rpc::glob::Globs;
use qib_rpc::message::trial::{Findings, FolderSize, LargeFolders};

/// A trial, which only a dry run makes: it is the run that reads all names.
pub struct Trial {
    is_made: bool,
    suggested: Paths,
    would_leave_out: LeftOut,
    largest: LargeFolders,
}

/// A folder in a trial.
#[derive(Clone, Copy)]
pub struct Within {
    depth: usize,
    /// None: it would be left out.
    position: Option<Position>,
    size: FolderSize,
}

impl Within {
    /// The root of the volume.
    pub const ROOT: Self = Self {
        depth: 0,
        position: Some(Paths::ROOT),
        size: FolderSize {
            entries: 0,
            bytes: 0,
        },
    };
}

impl Trial {
    /// Begins, with rules that are not obeyed.
    pub fn new(is_made: bool, suggested: &Globs) -> Self {
        Self {
            is_made,
            suggested: Paths::suggested(suggested),
            would_leave_out: LeftOut::default(),
            largest: LargeFolders::default(),
        }
    }

    /// A folder in a folder.
    pub fn enter(&mut self, above: &mut Within, name: &[u8]) -> Within {
        if !self.is_made {
            return Within::ROOT;
        }
        let stays = self.entry_stays(above, name, true, 0);
        let at = above.position.filter(|_| stays);
        Within {
            depth: above.depth.saturating_add(1),
            // Rules with too many positions are followed no further.
            position: at.map(|at| self.suggested.enter(at, name).unwrap_or(Paths::FREE)),
            size: FolderSize::default(),
        }
    }

    /// An entry of a folder that is no folder.
    pub fn entry(&mut self, folder: &mut Within, name: &[u8], bytes: u64) {
        if self.is_made {
            self.entry_stays(folder, name, false, bytes);
        }
    }

    /// The end of a folder in a folder.
    pub fn leave(&mut self, folder: Within, above: &mut Within) {
        if self.is_made {
            self.largest.add(folder.depth, folder.size);
            above.size.add(folder.size);
        }
    }

    /// What was found; nothing where there was no trial.
    pub fn finish(self) -> Option<Findings> {
        self.is_made.then_some(Findings {
            would_leave_out: self.would_leave_out,
            largest: self.largest,
        })
    }

    /// Counts an entry; true if the qube's own rules would let it stay.
    fn entry_stays(
        &mut self,
        folder: &mut Within,
        name: &[u8],
        is_folder: bool,
        bytes: u64,
    ) -> bool {
        folder.size.add(FolderSize { entries: 1, bytes });
        let at = folder.position;
        let stays = at.is_some_and(|at| self.suggested.rule(at, name, is_folder).is_none());
        if !stays {
            let count = &mut self.would_leave_out;
            count.entries = count.entries.saturating_add(1);
            count.bytes = count.bytes.saturating_add(bytes);
        }
        stays
    }
}
