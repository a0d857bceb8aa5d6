//! A still image of a qube's volume, by its pool's own means.

mod file;
mod reflink;

use crate::admin::call::{self, Volume};
use crate::error::{Error, Result};
use crate::part::Part;
use crate::undo::Undos;
use qib_rpc::name::QubeName;
use std::path::{Path, PathBuf};

/// A pool is refused when it is fuller than this: a snapshot costs room.
const FULL_PERCENT: u64 = 95;

/// A volume that nobody writes to while a helper reads it.
#[derive(Debug)]
pub struct Still {
    /// The file or device to read.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// What it shows, for the person at the terminal.
    pub state: &'static str,
}

/// Makes a still image of one of the qube's volumes.
///
/// # Errors
/// When the pool's driver is not supported, the pool is nearly full, or the
/// qube's state does not allow it.
pub fn still(qube: &QubeName, part: Part, undos: &mut Undos) -> Result<Still> {
    let volume = call::volume(qube, part.name())?;
    let driver = call::pool_info(&volume.pool, "driver")?.unwrap_or_default();
    let folder = call::pool_info(&volume.pool, "dir_path")?.unwrap_or_default();
    let image = image(&folder, &volume)?;
    match driver.as_str() {
        "file-reflink" => {
            refuse_full(&volume.pool)?;
            reflink::still(Path::new(&folder), &image, &volume, undos)
        }
        "file" => file::still(qube, &image, &volume, undos),
        _ => Err(Error::Volume(format!(
            "its pool {} has the driver '{driver}', which qib does not know yet",
            volume.pool
        ))),
    }
}

/// The image's path without its ending.
fn image(folder: &str, volume: &Volume) -> Result<PathBuf> {
    let plain = !volume
        .vid
        .split('/')
        .any(|part| part.is_empty() || part == "..");
    if !folder.starts_with('/') || !plain {
        return Err(Error::Volume(format!(
            "its pool {} has an unusual layout",
            volume.pool
        )));
    }
    Ok(Path::new(folder).join(&volume.vid))
}

fn refuse_full(pool: &str) -> Result<()> {
    let Some(usage) = call::pool_usage(pool)? else {
        return Ok(());
    };
    let percent = usage
        .used
        .saturating_mul(100)
        .checked_div(usage.size)
        .unwrap_or(0);
    if percent < FULL_PERCENT {
        return Ok(());
    }
    Err(Error::Volume(format!(
        "its pool {pool} is {percent} % full; free some room first, a full pool stops every qube"
    )))
}
