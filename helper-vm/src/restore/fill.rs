//! The data of a tree's files. Holes stay holes: only data is written, into files
//! that have their size already.

use super::filling::Filling;
use super::tree::{Tree, failed, open_file};
use super::wants::{FileNumber, Want, Wants};
use crate::error::{Error, Result};
use qib_rpc::id::Digest;
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

/// Writes chunks where they belong.
pub struct Fill<'a> {
    /// Held while a folder is opened, not while a file in it is written.
    tree: Mutex<&'a mut Tree>,
    wants: Wants,
    /// What a disk has beside its files: the number among the wants, and the volume.
    beside: Option<(FileNumber, File)>,
    snapshot: Digest,
}

impl<'a> Fill<'a> {
    /// Begins.
    pub fn new(
        tree: &'a mut Tree,
        wants: Wants,
        beside: Option<(FileNumber, File)>,
        snapshot: Digest,
    ) -> Self {
        Self {
            tree: Mutex::new(tree),
            wants,
            beside,
            snapshot,
        }
    }
}

impl Filling for Fill<'_> {
    fn wants(&self) -> &Wants {
        &self.wants
    }

    fn snapshot(&self) -> Digest {
        self.snapshot
    }

    fn write(&self, want: &Want, plain: &[u8]) -> Result<()> {
        if let Some((number, volume)) = &self.beside
            && *number == want.file
        {
            return volume.write_all_at(plain, want.at).map_err(Error::Target);
        }
        let (number, name) = self.wants.file(want.file);
        let folder = {
            let mut tree = self.tree.lock().unwrap_or_else(PoisonError::into_inner);
            tree.folder(number)?
        };
        let file = open_file(&folder, name, OFlags::WRONLY)?;
        let written = file.write_all_at(plain, want.at);
        written.map_err(|error| Errno::from_io_error(&error).map_or(Error::Target(error), failed))
    }
}
