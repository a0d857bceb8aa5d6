//! Opening folders one name at a time, and making them durably.

use crate::backend::Trouble;
use rustix::fs::{AtFlags, Mode, OFlags, fsync, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use rustix::path::Arg;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The folders below the base.
#[derive(Debug)]
pub struct Shelves {
    base: OwnedFd,
    durable: Mutex<HashSet<Vec<String>>>,
}

impl Shelves {
    /// The folders below `base`.
    pub fn new(base: OwnedFd) -> Self {
        Self {
            base,
            durable: Mutex::default(),
        }
    }

    /// Opens an existing folder.
    ///
    /// # Errors
    /// [`Trouble::Missing`] when it is not there.
    pub fn find(&self, names: &[String]) -> Result<OwnedFd, Trouble> {
        let mut folder = self.base.try_clone()?;
        for name in names {
            folder = match open_folder(&folder, name) {
                Ok(inner) => inner,
                Err(Errno::NOENT) => return Err(Trouble::Missing),
                Err(errno) => return Err(errno.into()),
            };
        }
        Ok(folder)
    }

    /// Opens a folder, makes it if it is not there, and returns when its name
    /// will survive a loss of power.
    ///
    /// # Errors
    /// What the system says.
    pub fn make(&self, names: &[String]) -> Result<OwnedFd, Trouble> {
        // Held all the while, so that nobody relies on a folder made a moment
        // ago whose name is not durable yet.
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        let mut folder = self.base.try_clone()?;
        let mut path = Vec::new();
        for name in names {
            path.push(name.clone());
            let inner = open_folder(&folder, name);
            folder = match inner {
                Ok(inner) if durable.contains(&path) => inner,
                _ => make_folder(&folder, name)?,
            };
            durable.insert(path.clone());
        }
        Ok(folder)
    }
}

/// Makes a folder, and all that lead to it, so that a loss of power leaves them there.
///
/// # Errors
/// What the system says.
pub fn make_path(path: &Path) -> io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if parent == Path::new("") => Path::new("."),
        Some(parent) => parent,
        None => return Ok(()),
    };
    if path.is_dir() {
        // Whoever made it may have died before this; or it is a mount, and this says nothing.
        let _durable = File::open(parent).and_then(|parent| parent.sync_all());
        return Ok(());
    }
    make_path(parent)?;
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    make_folder(File::open(parent)?, name)?;
    Ok(())
}

fn make_folder(parent: impl AsFd, name: impl Arg + Copy) -> Result<OwnedFd, Errno> {
    let is_new = match mkdirat(&parent, name, Mode::RWXU) {
        Ok(()) => true,
        Err(Errno::EXIST) => false,
        Err(errno) => return Err(errno),
    };
    if let Err(errno) = fsync(&parent) {
        if is_new {
            // The next sync may find nothing to write, and promise what is not on the disk.
            let _gone = unlinkat(&parent, name, AtFlags::REMOVEDIR);
        }
        return Err(errno);
    }
    open_folder(parent, name)
}

/// Opens one folder, following nothing.
pub fn open_folder(parent: impl AsFd, name: impl Arg) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}
