//! Where private volumes lie, laid out as Qubes' own drivers do it.

mod driver;
pub(crate) mod group;
pub(crate) mod image;
mod isodate;
pub(crate) mod mounted;
mod names;
mod revisions;
mod volume;
mod zfs;

use std::path::PathBuf;

use anyhow::Result;

use crate::layout::Layout;
pub use driver::Driver;
pub(crate) use volume::clone_file;
pub(crate) use zfs::{CONTAINER, Zfs};

/// The lab's one pool.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) driver: Driver,
    pub(crate) dir: PathBuf,
    /// The volume group of a thin pool, or the pool of ZFS.
    pub(crate) group: String,
    /// Its driver is `callback`, around that one.
    pub(crate) is_wrapped: bool,
}

/// What the file `qubes_callback.json` calls the driver's settings.
pub(crate) const CONFIGURATION: &str = "lab";

/// The pool's name.
pub(crate) const NAME: &str = "varlibqubes";

impl Pool {
    /// The pool of a lab.
    pub(crate) fn new(driver: Driver, layout: &Layout) -> Result<Self> {
        Ok(Self {
            driver,
            dir: layout.pool_dir(),
            group: group::name(layout)?,
            is_wrapped: layout.callback().exists(),
        })
    }

    /// What stands in dom0's /etc of a pool whose driver is `callback`.
    pub(crate) fn configuration(&self) -> serde_json::Value {
        serde_json::json!({ CONFIGURATION: {
            "bdriver": self.driver.name(),
            "bdriver_args": {
                "dir_path": self.dir.display().to_string(),
                "volume_group": self.group,
                "thin_pool": "vm-pool",
                "container": self.container(),
            },
            "cmd": "/bin/true",
        } })
    }

    /// The files of a pool of ZFS.
    pub(crate) fn zfs(&self) -> Zfs {
        Zfs::at(&self.dir, &self.group)
    }
}
