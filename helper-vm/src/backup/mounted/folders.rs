//! The folders between the root and where the walk is. They are opened one name at a
//! time, following nothing; in a deep tree those far above are closed meanwhile.

use super::failed;
use super::look::{Id, Look};
use crate::error::{Error, Result};
use crate::manifest::EntryName;
use qib_rpc::reading::VolumeKind;
use rustix::fs::{Dir, Mode, OFlags, ResolveFlags, openat, openat2};
use std::collections::HashSet;
use std::os::fd::OwnedFd;

/// Folders held open at once.
const MAX_OPEN: usize = 256;

/// The number that btrfs gives to each place of a subvolume that is not there: an
/// empty folder that is no inode.
const BTRFS_NOTHING: u64 = 2;

struct Level {
    folder: Option<OwnedFd>,
    id: Id,
}

/// The folders from the root to where the walk is.
pub(super) struct Folders {
    above: Vec<Level>,
    folder: OwnedFd,
    id: Id,
    /// Every folder that was entered: one with two names would be walked without end.
    entered: HashSet<Id>,
    kind: VolumeKind,
}

impl Folders {
    /// Begins at the root.
    pub(super) fn new(root: OwnedFd, kind: VolumeKind) -> Result<Self> {
        let id = Look::at(&root, b".")?.id;
        Ok(Self {
            above: Vec::new(),
            folder: root,
            id,
            entered: HashSet::from([id]),
            kind,
        })
    }

    /// The folder where the walk is.
    pub(super) fn here(&self) -> &OwnedFd {
        &self.folder
    }

    /// True in the root.
    pub(super) fn at_root(&self) -> bool {
        self.above.is_empty()
    }

    /// Enters a folder that looks so.
    pub(super) fn enter(&mut self, name: &EntryName, id: Id) -> Result<()> {
        let is_nothing = self.kind == VolumeKind::Btrfs && id.inode == BTRFS_NOTHING;
        if !self.entered.insert(id) && !is_nothing {
            return Err(Error::VolumeContradicts("a folder has two names"));
        }
        let inner = open(&self.folder, name, OFlags::DIRECTORY)?;
        if Look::at(&inner, b".")?.id != id {
            return Err(Error::VolumeContradicts("a folder that is another now"));
        }
        let folder = std::mem::replace(&mut self.folder, inner);
        let level = Level {
            folder: Some(folder),
            id: std::mem::replace(&mut self.id, id),
        };
        self.above.push(level);
        let far = self.above.len().checked_sub(MAX_OPEN);
        if let Some(level) = far.and_then(|far| self.above.get_mut(far)) {
            level.folder = None;
        }
        Ok(())
    }

    /// Goes back to the folder above; nothing happens in the root.
    pub(super) fn leave(&mut self) -> Result<()> {
        let Some(Level { folder, id }) = self.above.pop() else {
            return Ok(());
        };
        self.folder = match folder {
            Some(folder) => folder,
            None => self.reopen(id)?,
        };
        self.id = id;
        Ok(())
    }

    /// Nobody changes the volume, so the folder above is where it was; that is checked.
    fn reopen(&self, id: Id) -> Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let above = openat(&self.folder, "..", flags, Mode::empty()).map_err(failed)?;
        if Look::at(&above, b".")?.id == id {
            Ok(above)
        } else {
            Err(Error::VolumeContradicts(
                "a folder below another than before",
            ))
        }
    }

    /// The names of the folder where the walk is, in the order of their bytes.
    pub(super) fn names(&self) -> Result<Vec<EntryName>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let untrusted_name = entry.file_name().to_bytes();
            if !matches!(untrusted_name, b"." | b"..") {
                let odd = Error::VolumeContradicts("a name that no file can have");
                names.push(EntryName::new(untrusted_name).ok_or(odd)?);
            }
        }
        names.sort_unstable();
        if names
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a == b))
        {
            return Err(Error::VolumeContradicts("a folder has a name twice"));
        }
        Ok(names)
    }
}

/// Opens an entry of a folder for reading.
pub(super) fn open(folder: &OwnedFd, name: &EntryName, more: OFlags) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | more;
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV;
    openat2(folder, name.bytes(), flags, Mode::empty(), resolve).map_err(failed)
}
