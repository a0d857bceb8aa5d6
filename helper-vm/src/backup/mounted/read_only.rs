//! Whether a device can be written at all. Only sysfs says so, and a helper need not
//! have it mounted.

use rustix::fs::{FileType, Mode, OFlags, major, minor, openat, stat};
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsmount, fsopen};
use std::path::Path;

/// True when the kernel lets nobody write to the device.
pub(super) fn is_read_only(device: &Path) -> bool {
    ask(device).unwrap_or(false)
}

fn ask(device: &Path) -> rustix::io::Result<bool> {
    let found = stat(device)?;
    if FileType::from_raw_mode(found.st_mode) != FileType::BlockDevice {
        return Ok(false);
    }
    let context = fsopen("sysfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_create(&context)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY;
    let sysfs = fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?;
    let (major, minor) = (major(found.st_rdev), minor(found.st_rdev));
    let path = format!("dev/block/{major}:{minor}/ro");
    let file = openat(
        &sysfs,
        path,
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let mut text = [0; 2];
    let count = rustix::io::read(&file, &mut text)?;
    Ok(count == 2 && text == *b"1\n")
}
