//! The tree that is being written: folders by number, opened one name at a time
//! below the root, never through a link and never out of the file system.

use super::names::{NameAt, Names};
use super::survey::Survey;
use super::walk::FolderNumber;
use crate::error::{Error, Result};
use crate::manifest::EntryName;
use crate::number::{narrow, place};
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, mkdirat, openat2, unlinkat};
use rustix::io::Errno;
use std::collections::HashMap;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// Folders held open at once.
const MAX_OPEN: usize = 256;

/// Made by mkfs in the root, and perhaps in the snapshot as well.
pub const LOST_AND_FOUND: &[u8] = b"lost+found";

/// A tree that is being written.
#[derive(Debug)]
pub struct Tree {
    root: Arc<OwnedFd>,
    /// The folder above each folder, and its name there; the root is not in it.
    rows: Vec<(FolderNumber, NameAt)>,
    names: Names,
    open: HashMap<FolderNumber, (Arc<OwnedFd>, u64)>,
    clock: u64,
}

impl Tree {
    /// The tree below `root`.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn new(root: OwnedFd, survey: &Survey) -> Result<Self> {
        if survey.replaces_lost_and_found {
            match unlinkat(&root, LOST_AND_FOUND, AtFlags::REMOVEDIR) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(failed(errno)),
            }
        }
        Ok(Self {
            root: Arc::new(root),
            rows: Vec::with_capacity(narrow(survey.counts.folders)),
            names: Names::default(),
            open: HashMap::new(),
            clock: 0,
        })
    }

    /// Makes the next folder of the walk.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn make_folder(&mut self, above: FolderNumber, name: &EntryName) -> Result<()> {
        let parent = self.folder(above)?;
        match mkdirat(&*parent, name.bytes(), Mode::RWXU) {
            Ok(()) => {}
            Err(Errno::EXIST) if above == 0 && name.bytes() == LOST_AND_FOUND => {}
            Err(errno) => return Err(failed(errno)),
        }
        let name = self.names.add(name)?;
        self.rows.push((above, name));
        Ok(())
    }

    /// Opens a folder.
    ///
    /// # Errors
    /// When the volume fails.
    pub fn folder(&mut self, folder: FolderNumber) -> Result<Arc<OwnedFd>> {
        let mut way = Vec::new();
        let mut at = folder;
        let mut open = loop {
            if let Some(open) = self.known(at) {
                break open;
            }
            way.push(at);
            at = self.row(at)?.0;
        };
        for folder in way.into_iter().rev() {
            let name = self.row(folder)?.1;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            let inner = open_below(&open, self.names.get(name), flags, Mode::empty())?;
            open = Arc::new(inner);
            self.keep(folder, Arc::clone(&open));
        }
        Ok(open)
    }

    /// Opens or makes a file in a folder.
    ///
    /// # Errors
    /// When the volume fails.
    pub fn file(&mut self, folder: FolderNumber, name: &[u8], flags: OFlags) -> Result<File> {
        open_file(&*self.folder(folder)?, name, flags)
    }

    fn row(&self, folder: FolderNumber) -> Result<(FolderNumber, NameAt)> {
        let row = folder
            .checked_sub(1)
            .and_then(|number| self.rows.get(place(number)));
        row.copied()
            .ok_or_else(|| Error::Helper(std::io::ErrorKind::NotFound.into()))
    }

    fn known(&mut self, folder: FolderNumber) -> Option<Arc<OwnedFd>> {
        if folder == 0 {
            return Some(Arc::clone(&self.root));
        }
        self.clock = self.clock.saturating_add(1);
        let (open, used) = self.open.get_mut(&folder)?;
        *used = self.clock;
        Some(Arc::clone(open))
    }

    fn keep(&mut self, folder: FolderNumber, open: Arc<OwnedFd>) {
        if self.open.len() >= MAX_OPEN {
            let oldest = self.open.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(folder, _)| *folder) {
                self.open.remove(&oldest);
            }
        }
        self.clock = self.clock.saturating_add(1);
        self.open.insert(folder, (open, self.clock));
    }
}

/// Opens or makes a file in an open folder.
///
/// # Errors
/// When the volume fails.
pub fn open_file(folder: &OwnedFd, name: &[u8], flags: OFlags) -> Result<File> {
    let mode = if flags.contains(OFlags::CREATE) {
        Mode::RUSR | Mode::WUSR
    } else {
        Mode::empty()
    };
    open_below(folder, name, flags | OFlags::NONBLOCK, mode).map(File::from)
}

fn open_below(folder: &OwnedFd, name: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV;
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat2(folder, name, flags, mode, resolve).map_err(failed)
}

/// What a failed write means.
pub(super) fn failed(errno: Errno) -> Error {
    match errno {
        Errno::NOSPC | Errno::DQUOT | Errno::FBIG => Error::TargetTooSmall(None),
        other => Error::Target(other.into()),
    }
}
