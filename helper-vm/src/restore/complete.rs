//! The third walk: hard links, devices, FIFOs and symbolic links, which come
//! last, and metadata, folders after what is in them.

use super::links::{Links, Role};
use super::metadata::Metadata;
use super::spool::Spool;
use super::steps::each_step;
use super::tree::{Tree, failed};
use super::walk::{FolderNumber, Step};
use crate::error::Result;
use crate::manifest::{Entry, Meta, Node};
use crate::snapshot::Snapshot;
use qib_rpc::id::Digest;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, linkat, makedev, mknodat, symlinkat};

/// Completes the tree; returns how much metadata could not be set.
///
/// # Errors
/// When the volume can not be written.
pub fn complete(
    tree: &mut Tree,
    spool: &Spool,
    snapshot: &Snapshot,
    digest: Digest,
    links: &Links,
) -> Result<u64> {
    let mut completing = Completing {
        tree,
        links,
        metadata: Metadata::default(),
    };
    each_step(spool, snapshot, digest, |step| match step {
        Step::Enter(..) => Ok(()),
        Step::Entry(folder, entry) => Ok(completing.entry(folder, &entry)?),
        Step::Leave(folder, meta) => Ok(completing.leave(folder, &meta)?),
    })?;
    Ok(completing.metadata.skipped)
}

struct Completing<'a> {
    tree: &'a mut Tree,
    links: &'a Links,
    metadata: Metadata,
}

impl Completing<'_> {
    fn entry(&mut self, number: FolderNumber, entry: &Entry) -> Result<()> {
        let (name, meta) = (entry.name.bytes(), &entry.meta);
        if let Role::Other(first_folder, first_name) = self.links.role(number, entry) {
            return self.link(number, name, first_folder, first_name);
        }
        match &entry.node {
            Node::Directory(_) => Ok(()),
            Node::File(_) => {
                let file = self.tree.file(number, name, OFlags::RDONLY)?;
                self.metadata.set_open(&file, meta)
            }
            Node::Symlink(target) => {
                let folder = self.tree.folder(number)?;
                symlinkat(target.as_slice(), &*folder, name).map_err(failed)?;
                self.metadata.set_link(&folder, name, meta)
            }
            Node::CharDevice(major, minor) => {
                let kind = FileType::CharacterDevice;
                self.special(number, name, meta, kind, (*major, *minor))
            }
            Node::BlockDevice(major, minor) => {
                let kind = FileType::BlockDevice;
                self.special(number, name, meta, kind, (*major, *minor))
            }
            Node::Fifo => self.special(number, name, meta, FileType::Fifo, (0, 0)),
        }
    }

    fn special(
        &mut self,
        number: FolderNumber,
        name: &[u8],
        meta: &Meta,
        kind: FileType,
        (major, minor): (u32, u32),
    ) -> Result<()> {
        let folder = self.tree.folder(number)?;
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(&*folder, name, kind, mode, makedev(major, minor)).map_err(failed)?;
        self.metadata.set_special(&folder, name, meta)
    }

    fn link(
        &mut self,
        number: FolderNumber,
        name: &[u8],
        first_folder: FolderNumber,
        first_name: &[u8],
    ) -> Result<()> {
        let first = self.tree.folder(first_folder)?;
        let folder = self.tree.folder(number)?;
        linkat(&*first, first_name, &*folder, name, AtFlags::empty()).map_err(failed)
    }

    fn leave(&mut self, number: FolderNumber, meta: &Meta) -> Result<()> {
        let folder = self.tree.folder(number)?;
        self.metadata.set_open(&*folder, meta)
    }
}
