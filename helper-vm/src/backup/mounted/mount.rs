//! Mounting a volume for reading, without a name: nobody else sees it, and it is
//! gone when the last descriptor is closed.

use super::{log, read_only};
use crate::confine::Needs;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::loop_device::{Access, LoopDevice};
use crate::unmounting;
use qib_ext4::BlockReader;
use qib_rpc::reading::VolumeKind;
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_flag,
    fsconfig_set_string, fsmount, fsopen,
};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

/// A volume that the kernel has mounted.
pub struct Mount {
    tree: OwnedFd,
    device: PathBuf,
    /// What makes a device of smaller sectors of the volume.
    _sectors: Option<LoopDevice>,
    /// What lies on it.
    pub kind: VolumeKind,
    /// The length of the volume in bytes.
    pub bytes: u64,
}

/// Mounts a volume; none where we may not, or the kernel can not.
///
/// # Errors
/// [`Error::VolumeDirty`] when the file system's log would have to be replayed: without
/// that the kernel shows an older state, and nobody must take it for this one.
pub fn mount(path: &Path, device: &Device, kind: VolumeKind) -> Result<Option<Mount>> {
    let Some(name) = kernel_name(kind) else {
        return Ok(None);
    };
    // The kernel replays a log on whatever it can write, mounted for reading or not.
    if !read_only::is_read_only(path) {
        return Ok(None);
    }
    if log::is_dirty(device, kind)? {
        return Err(Error::VolumeDirty);
    }
    let mut sectors = None;
    let mut tree = attach(path, name, kind);
    // A file system made for smaller sectors than those of the volume is refused.
    if tree.as_ref().is_err_and(|errno| *errno != Errno::ROFS) {
        sectors = LoopDevice::attach(path, &(0..device.size()), Access::Read)?;
        if let Some(smaller) = &sectors {
            tree = attach(smaller.path(), name, kind);
        }
    }
    let mounted = sectors.as_ref().map_or(path, LoopDevice::path);
    match tree {
        Ok(tree) => Ok(Some(Mount {
            tree,
            device: mounted.to_owned(),
            _sectors: sectors,
            kind,
            bytes: device.size(),
        })),
        Err(Errno::ROFS) => Err(Error::VolumeDirty),
        Err(_) => Ok(None),
    }
}

fn kernel_name(kind: VolumeKind) -> Option<&'static str> {
    match kind {
        VolumeKind::Ext => Some("ext4"),
        VolumeKind::Btrfs => Some("btrfs"),
        VolumeKind::Xfs => Some("xfs"),
        VolumeKind::F2fs => Some("f2fs"),
        _ => None,
    }
}

fn attach(path: &Path, name: &str, kind: VolumeKind) -> rustix::io::Result<OwnedFd> {
    let context = fsopen(name, FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, "source", path)?;
    fsconfig_set_flag(&context, "ro")?;
    match kind {
        // All of it, whichever subvolume its qube mounts.
        VolumeKind::Btrfs => fsconfig_set_string(&context, "subvolid", "5")?,
        // A copy of a volume has the UUID of the volume.
        VolumeKind::Xfs => fsconfig_set_flag(&context, "nouuid")?,
        _ => {}
    }
    fsconfig_create(&context)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NOEXEC
        | MountAttrFlags::MOUNT_ATTR_NOATIME;
    fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)
}

impl Mount {
    /// What is needed to read it, and to close it.
    pub fn needs(&self) -> Needs<'_> {
        Needs::Tree {
            root: self.tree.as_fd(),
            device: &self.device,
        }
    }

    /// Opens the root folder.
    ///
    /// # Errors
    /// When it can not be opened.
    pub fn root(&self) -> Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        openat(&self.tree, ".", flags, Mode::empty()).map_err(super::failed)
    }

    /// Unmounts the volume. Nothing else in it may be open.
    ///
    /// # Errors
    /// When it stays mounted.
    pub fn close(self) -> Result<()> {
        drop(self.tree);
        unmounting::wait(&self.device, OFlags::RDONLY).map_err(super::failed)
    }
}
