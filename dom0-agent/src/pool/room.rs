//! How full a pool may be: a snapshot costs room.

use super::driver::Driver;
use crate::admin::call::{self, Fill};
use crate::error::{Error, Result};

/// A pool is refused when it is as full as this.
struct Full {
    data_percent: u64,
    metadata_percent: u64,
}

/// ZFS needs room even to remove something.
const ZFS: Full = Full {
    data_percent: 90,
    metadata_percent: 90,
};

/// A file system that is full refuses to be written to.
const FILES: Full = Full {
    data_percent: 95,
    metadata_percent: 95,
};

/// A thin pool that is full takes every qube in it along.
const THIN: Full = Full {
    data_percent: 90,
    metadata_percent: 85,
};

/// Refuses a pool that is nearly full, if a snapshot in it costs room.
///
/// # Errors
/// When it is nearly full, or qubesd does not tell.
pub(super) fn refuse_full(pool: &str, driver: &Driver) -> Result<()> {
    let full = match driver {
        Driver::LvmThin => &THIN,
        Driver::Zfs(_) => &ZFS,
        Driver::Reflink(_) => &FILES,
        // Its image itself is read.
        Driver::File(_) => return Ok(()),
    };
    let usage = call::pool_usage(pool)?;
    for (fill, most, what) in [
        (usage.data, full.data_percent, "full"),
        (usage.metadata, full.metadata_percent, "full of metadata"),
    ] {
        if let Some(percent) = fill.map(Fill::percent).filter(|percent| *percent >= most) {
            return Err(Error::Volume(format!(
                "its pool {pool} is {percent} % {what}; free some room first, a full pool stops \
                 every qube"
            )));
        }
    }
    Ok(())
}
