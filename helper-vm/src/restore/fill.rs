//! The data of a tree's files. Holes stay holes: only data is written, into files
//! that have their size already.

use super::files::{FileNumber, Files};
use super::filling::{Count, Filling, write_each};
use super::opening::Later;
use super::tree::{Tree, failed, open_file};
use super::wants::{Wanted, Wants};
use crate::error::{Error, Result};
use crate::pack::Chunk;
use qib_rpc::id::Digest;
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

/// Where a chunk belongs.
#[derive(Clone, Copy, Debug)]
pub enum InTree {
    /// In a file, from an offset on.
    File(FileNumber, u64),
    /// In what a disk has beside its files, from an offset of the disk on.
    Beside(u64),
}

/// Writes chunks where they belong.
pub struct Fill<'a> {
    /// Held while a folder is opened, not while a file in it is written.
    pub tree: Mutex<&'a mut Tree>,
    /// The files.
    pub files: Files,
    /// What they want.
    pub wants: Wants<InTree>,
    /// The volume, for what a disk has beside its files.
    pub volume: &'a File,
    /// The snapshot.
    pub snapshot: Digest,
}

impl Filling for Fill<'_> {
    fn wanted(&self) -> &dyn Wanted {
        &self.wants
    }

    fn snapshot(&self) -> Digest {
        self.snapshot
    }

    fn take<'g>(&'g self, chunks: &'g [Chunk<'g>], count: Count<'g>) -> Result<Later<'g>> {
        let write = |place: &InTree, plain: &[u8]| self.write(place, plain);
        Ok(write_each(&self.wants, self.snapshot, chunks, count, write))
    }
}

impl Fill<'_> {
    fn write(&self, place: &InTree, plain: &[u8]) -> Result<()> {
        let (number, at) = match place {
            InTree::File(number, at) => (*number, *at),
            InTree::Beside(at) => {
                let written = self.volume.write_all_at(plain, *at);
                return written.map_err(Error::Target);
            }
        };
        let (number, name) = self.files.get(number);
        let folder = {
            let mut tree = self.tree.lock().unwrap_or_else(PoisonError::into_inner);
            tree.folder(number)?
        };
        let file = open_file(&folder, name, OFlags::WRONLY)?;
        let written = file.write_all_at(plain, at);
        written.map_err(|error| Errno::from_io_error(&error).map_or(Error::Target(error), failed))
    }
}
