//! Setting metadata, in the order in which nothing undoes what was set before:
//! owner (which clears setuid and capabilities), attributes, mode, times.

use super::tree::failed;
use crate::error::Result;
use crate::manifest::Meta;
use rustix::fs::{
    AtFlags, Gid, Mode, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags, chmodat, chownat,
    fchmod, fchown, fsetxattr, fstatvfs, futimens, lsetxattr, utimensat,
};
use rustix::io::Errno;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// Sets metadata and counts what could not be set.
#[derive(Debug, Default)]
pub struct Metadata {
    /// Attributes that were not set.
    pub skipped: u64,
}

impl Metadata {
    /// Sets the metadata of an open file or folder.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn set_open(&mut self, file: impl AsFd, meta: &Meta) -> Result<()> {
        let (uid, gid) = owner(meta);
        fchown(&file, uid, gid).map_err(failed)?;
        for (name, value) in &meta.xattrs {
            let set = fsetxattr(&file, name.as_slice(), value, XattrFlags::empty());
            self.attribute(&file, set)?;
        }
        fchmod(&file, mode(meta)).map_err(failed)?;
        futimens(&file, &times(meta)).map_err(failed)
    }

    /// Sets the metadata of a symbolic link that was just made.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn set_link(&mut self, folder: &OwnedFd, name: &[u8], meta: &Meta) -> Result<()> {
        self.set_owner_and_attributes(folder, name, meta)?;
        set_times(folder, name, meta)
    }

    /// Sets the metadata of a device or FIFO that was just made.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn set_special(&mut self, folder: &OwnedFd, name: &[u8], meta: &Meta) -> Result<()> {
        self.set_owner_and_attributes(folder, name, meta)?;
        chmodat(folder, name, mode(meta), AtFlags::empty()).map_err(failed)?;
        set_times(folder, name, meta)
    }

    fn set_owner_and_attributes(
        &mut self,
        folder: &OwnedFd,
        name: &[u8],
        meta: &Meta,
    ) -> Result<()> {
        let (uid, gid) = owner(meta);
        let no_follow = AtFlags::SYMLINK_NOFOLLOW;
        chownat(folder, name, uid, gid, no_follow).map_err(failed)?;
        // There is no call that takes a folder and a name.
        let mut path = format!("/proc/self/fd/{}/", folder.as_raw_fd()).into_bytes();
        path.extend_from_slice(name);
        for (attribute, value) in &meta.xattrs {
            let empty = XattrFlags::empty();
            let set = lsetxattr(path.as_slice(), attribute.as_slice(), value, empty);
            self.attribute(folder, set)?;
        }
        Ok(())
    }

    /// A hostile volume can hold attributes that no kernel sets, or more than
    /// an inode of ours takes; they must not keep the rest from being restored.
    fn attribute(&mut self, beside: impl AsFd, set: rustix::io::Result<()>) -> Result<()> {
        match set {
            Ok(()) => return Ok(()),
            Err(Errno::PERM | Errno::INVAL | Errno::OPNOTSUPP | Errno::RANGE | Errno::TOOBIG) => {}
            Err(Errno::NOSPC) if has_room(beside)? => {}
            Err(errno) => return Err(failed(errno)),
        }
        self.skipped = self.skipped.saturating_add(1);
        Ok(())
    }
}

/// True when the file system is not full: what did not fit was too large for its inode.
fn has_room(file: impl AsFd) -> Result<bool> {
    let found = fstatvfs(file).map_err(failed)?;
    Ok(found.f_bavail > 0)
}

fn owner(meta: &Meta) -> (Option<Uid>, Option<Gid>) {
    // The largest number means "leave it" to the kernel; no file has it.
    let uid = Some(meta.uid).filter(|uid| *uid != u32::MAX);
    let gid = Some(meta.gid).filter(|gid| *gid != u32::MAX);
    (uid.map(Uid::from_raw), gid.map(Gid::from_raw))
}

fn mode(meta: &Meta) -> Mode {
    Mode::from_raw_mode(meta.mode & 0o7777)
}

fn times(meta: &Meta) -> Timestamps {
    Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: meta.seconds,
            tv_nsec: meta.nanoseconds.into(),
        },
    }
}

fn set_times(folder: &OwnedFd, name: &[u8], meta: &Meta) -> Result<()> {
    utimensat(folder, name, &times(meta), AtFlags::SYMLINK_NOFOLLOW).map_err(failed)
}
