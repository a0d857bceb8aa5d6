//! The folder in /dev where the volumes of a thin pool or of ZFS are: it leads to the files that
//! stand in for them. Its name is the lab's own, as all labs share one /dev.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Driver, Zfs};
use crate::layout::Layout;

const ZVOL: &str = "/dev/zvol";

/// The name of a lab's volume group, or pool of ZFS.
pub(crate) fn name(layout: &Layout) -> Result<String> {
    Ok(format!("qib-lab-{}", layout.id()?))
}

/// Makes it appear, if the driver has one.
pub(crate) fn activate(layout: &Layout, driver: Driver) -> Result<()> {
    deactivate(layout)?;
    let name = name(layout)?;
    let (volumes, folder) = match driver {
        Driver::Reflink | Driver::File => return Ok(()),
        Driver::LvmThin => {
            let volumes = layout.pool_dir().join("lv");
            fs::create_dir_all(&volumes)?;
            (volumes, Path::new("/dev").join(name))
        }
        Driver::Zfs => {
            let pool = Zfs::at(&layout.pool_dir(), &name);
            pool.create()?;
            fs::create_dir_all(ZVOL)?;
            (pool.devices(), Path::new(ZVOL).join(name))
        }
    };
    symlink(volumes, &folder).with_context(|| folder.display().to_string())
}

/// Makes it go; none is no error.
pub(crate) fn deactivate(layout: &Layout) -> Result<()> {
    let name = name(layout)?;
    [Path::new("/dev").join(&name), Path::new(ZVOL).join(&name)]
        .into_iter()
        .try_for_each(remove_if_there)
}

fn remove_if_there(link: PathBuf) -> Result<()> {
    match fs::remove_file(link) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
