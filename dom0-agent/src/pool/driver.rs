//! The driver of a pool, and what of its settings qib needs.

use crate::admin::call;
use crate::admin::reply::line_value;
use crate::error::{Error, Result};
use std::path::PathBuf;

/// A driver that qib knows, as Qubes names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Driver {
    /// `lvm_thin`.
    LvmThin,
    /// `file-reflink`: images in this folder that can share blocks.
    Reflink(PathBuf),
    /// `file`: images in this folder that can not.
    File(PathBuf),
}

impl Driver {
    /// That of a pool.
    ///
    /// # Errors
    /// When qubesd does not tell, or qib does not know the driver.
    pub(super) fn of(pool: &str) -> Result<Self> {
        let told = call::pool_info(pool)?;
        let value = |key| line_value(&told, key).unwrap_or_default();
        let driver = value("driver");
        let folder = || folder(pool, &value("dir_path"));
        match driver.as_str() {
            "lvm_thin" => Ok(Self::LvmThin),
            "file-reflink" => Ok(Self::Reflink(folder()?)),
            "file" => Ok(Self::File(folder()?)),
            _ => Err(Error::Volume(format!(
                "its pool {pool} has the driver '{driver}', which qib does not know"
            ))),
        }
    }
}

fn folder(pool: &str, text: &str) -> Result<PathBuf> {
    if text.starts_with('/') {
        Ok(PathBuf::from(text))
    } else {
        Err(unusual(pool))
    }
}

/// Says of a pool that it is laid out as no pool of Qubes is.
pub(super) fn unusual(pool: &str) -> Error {
    Error::Volume(format!("its pool {pool} has an unusual layout"))
}
