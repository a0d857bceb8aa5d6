//! The volume group of a thin pool: a folder in /dev, as LVM makes one, which leads to the files
//! that stand in for the volumes. Its name is the lab's own, as all labs share one /dev.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::layout::Layout;

/// The name of a lab's group.
pub(crate) fn name(layout: &Layout) -> Result<String> {
    Ok(format!("qib-lab-{}", layout.id()?))
}

fn device_folder(layout: &Layout) -> Result<PathBuf> {
    Ok(Path::new("/dev").join(name(layout)?))
}

/// Makes it appear.
pub(crate) fn activate(layout: &Layout) -> Result<()> {
    deactivate(layout)?;
    let volumes = layout.pool_dir().join("lv");
    fs::create_dir_all(&volumes)?;
    let folder = device_folder(layout)?;
    symlink(volumes, &folder).with_context(|| folder.display().to_string())
}

/// Makes it go; none is no error.
pub(crate) fn deactivate(layout: &Layout) -> Result<()> {
    match fs::remove_file(device_folder(layout)?) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
