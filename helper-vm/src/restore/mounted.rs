//! The volume's new file system, mounted without a name: nobody else sees it,
//! and it is gone when the last descriptor is closed.

use super::target::Target;
use super::tree::failed;
use crate::error::{Error, Result};
use crate::unmounting;
use rustix::fs::{Mode, OFlags, openat, syncfs};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_string, fsmount,
    fsopen,
};
use std::os::fd::OwnedFd;

/// Mounts the volume; none where we may not: not root, root of a user namespace
/// only, or no block device.
///
/// # Errors
/// When there is nothing to mount.
pub fn mount(target: &Target) -> Result<Option<OwnedFd>> {
    let mounted = || {
        let context = fsopen("ext4", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_set_string(&context, "source", target.path())?;
        fsconfig_create(&context)?;
        let attributes = MountAttrFlags::MOUNT_ATTR_NODEV
            | MountAttrFlags::MOUNT_ATTR_NOSUID
            | MountAttrFlags::MOUNT_ATTR_NOEXEC
            | MountAttrFlags::MOUNT_ATTR_NOATIME;
        fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
    };
    match mounted() {
        Ok(root) => Ok(Some(root)),
        Err(Errno::PERM | Errno::ACCESS | Errno::NOTBLK) => Ok(None),
        Err(errno) => Err(Error::Target(errno.into())),
    }
}

/// Opens its root folder; the descriptor of a mount can not be written through.
///
/// # Errors
/// When it can not be opened.
pub fn root(mount: &OwnedFd) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(mount, ".", flags, Mode::empty()).map_err(failed)
}

/// Unmounts the volume, everything on its disk. Nothing else in it may be open.
///
/// # Errors
/// When the volume can not be written, or stays mounted.
pub fn unmount(mount: OwnedFd, target: &Target) -> Result<()> {
    syncfs(root(&mount)?).map_err(failed)?;
    drop(mount);
    unmounting::wait(target.path(), OFlags::RDWR).map_err(failed)
}
