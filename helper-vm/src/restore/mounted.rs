//! The volume's new file system, mounted without a name: nobody else sees it,
//! and it is gone when the last descriptor is closed.

use super::target::Target;
use super::tree::failed;
use crate::error::{Error, Result};
use crate::loop_device::{Access, LoopDevice};
use crate::unmounting;
use rustix::fs::{Mode, OFlags, openat, syncfs};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount,
    fsopen,
};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// A mounted file system.
#[derive(Debug)]
pub struct Mount {
    tree: OwnedFd,
    device: PathBuf,
    /// What makes a device of a part of the volume.
    _part: Option<LoopDevice>,
}

/// Mounts the volume, or the part of a disk that is for the file system; none where we
/// may not: not root, root of a user namespace only, or no block device.
///
/// # Errors
/// When there is nothing to mount.
pub fn mount(target: &Target) -> Result<Option<Mount>> {
    let Some(disk) = target.disk() else {
        return mount_device(target.path().to_owned(), None);
    };
    match LoopDevice::attach(target.path(), &disk.fs_range(), Access::Write)? {
        Some(part) => mount_device(part.path().to_owned(), Some(part)),
        None => Ok(None),
    }
}

fn mount_device(device: PathBuf, part: Option<LoopDevice>) -> Result<Option<Mount>> {
    let mounted = || {
        let context = fsopen("ext4", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_set_string(&context, "source", &device)?;
        fsconfig_create(&context)?;
        let attributes = MountAttrFlags::MOUNT_ATTR_NODEV
            | MountAttrFlags::MOUNT_ATTR_NOSUID
            | MountAttrFlags::MOUNT_ATTR_NOEXEC
            | MountAttrFlags::MOUNT_ATTR_NOATIME;
        fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
    };
    match mounted() {
        Ok(tree) => Ok(Some(Mount {
            tree,
            device,
            _part: part,
        })),
        Err(Errno::PERM | Errno::ACCESS | Errno::NOTBLK) => Ok(None),
        Err(errno) => Err(Error::Target(errno.into())),
    }
}

impl Mount {
    /// Opens its root folder; the descriptor of a mount can not be written through.
    ///
    /// # Errors
    /// When it can not be opened.
    pub fn root(&self) -> Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(&self.tree, ".", flags, Mode::empty()).map_err(failed)
    }

    /// Unmounts the volume, everything on its disk. Nothing else in it may be open.
    ///
    /// # Errors
    /// When the volume can not be written, or stays mounted.
    pub fn close(self) -> Result<()> {
        syncfs(self.root()?).map_err(failed)?;
        drop(self.tree);
        unmounting::wait(&self.device, OFlags::RDWR).map_err(failed)
    }
}
