//! Opening folders one name at a time, and making them durably.

use crate::backend::Trouble;
use rustix::fs::{Mode, OFlags, fsync, mkdirat, openat};
use rustix::io::Errno;
use std::collections::HashSet;
use std::os::fd::{AsFd, OwnedFd};
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

fn make_folder(parent: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    match mkdirat(parent, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno),
    }
    fsync(parent)?;
    open_folder(parent, name)
}

/// Opens one folder, following nothing.
pub fn open_folder(parent: impl AsFd, name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(parent, name, flags, Mode::empty())
}
