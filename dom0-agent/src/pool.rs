//! A still image of a qube's volume, by its pool's own means.

mod file;
mod lvm_thin;
mod mark;
mod reflink;

use crate::admin::call::{self, Fill, Volume};
use crate::error::{Error, Result};
use crate::part::Part;
use crate::undo::Undos;
use qib_rpc::name::QubeName;
use std::path::{Path, PathBuf};

pub use mark::Mark;

/// A pool is refused when it is as full as this: a snapshot costs room.
struct Full {
    data_percent: u64,
    metadata_percent: u64,
}

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

const IN_PLACE: &str = "it writes to what its last shutdown left ('revisions_to_keep' is -1)";

/// Which state of a qube is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The one that it is in.
    Now,
    /// The one that its last shutdown left.
    LastShutdown,
}

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

/// What a driver makes, to be read.
struct Made {
    path: PathBuf,
    /// It holds what a running qube wrote to, or one that crashed.
    is_live: bool,
}

/// Makes a still image of one of the qube's volumes.
///
/// # Errors
/// When the pool's driver is not supported, the pool is nearly full, or the
/// qube's state does not allow it.
pub fn still(qube: &QubeName, part: Part, moment: Moment, undos: &mut Undos) -> Result<Still> {
    let volume = call::volume(qube, part.name())?;
    // Then a running qube writes to what its last shutdown left.
    let in_place = || -> Result<bool> { Ok(!volume.keeps_last_shutdown && runs(qube)?) };
    let refuse = || Error::Volume(IN_PLACE.to_owned());
    if moment == Moment::LastShutdown && in_place()? {
        return Err(refuse());
    }
    let Made { path, is_live } = make(qube, &volume, moment, undos)?;
    let in_place = in_place()?;
    if moment == Moment::LastShutdown && in_place {
        return Err(refuse());
    }
    let bytes = volume.bytes;
    let state = if is_live || in_place {
        "as it is now"
    } else {
        "as it was left at its last shutdown"
    };
    Ok(Still { path, bytes, state })
}

fn runs(qube: &QubeName) -> Result<bool> {
    Ok(call::find_qube(qube)?.is_some_and(|qube| !qube.halted))
}

fn make(qube: &QubeName, volume: &Volume, moment: Moment, undos: &mut Undos) -> Result<Made> {
    let driver = call::pool_info(&volume.pool, "driver")?.unwrap_or_default();
    let folder = || call::pool_info(&volume.pool, "dir_path").map(Option::unwrap_or_default);
    match driver.as_str() {
        "lvm_thin" => {
            refuse_full(&volume.pool, &THIN)?;
            lvm_thin::still(volume, moment, undos)
        }
        "file-reflink" => {
            refuse_full(&volume.pool, &FILES)?;
            let folder = folder()?;
            let image = image(&folder, volume)?;
            reflink::still(Path::new(&folder), &image, moment, undos)
        }
        "file" => file::still(qube, &image(&folder()?, volume)?, undos),
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

fn refuse_full(pool: &str, full: &Full) -> Result<()> {
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
