//! The driver of a pool, and what of its settings qib needs.

use super::callback::Wrapped;
use crate::admin::call;
use crate::admin::reply::line_value;
use crate::error::{Error, Result};
use crate::zfs::Dataset;
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
    /// `zfs`: volumes below this dataset.
    Zfs(Dataset),
}

impl Driver {
    /// That of a pool. One of the driver `callback` counts as one of the driver that it wraps.
    ///
    /// # Errors
    /// When qubesd does not tell, or qib does not know the driver.
    pub(super) fn of(pool: &str) -> Result<Self> {
        let told = call::pool_info(pool)?;
        let value = |key: &str| line_value(&told, key).unwrap_or_default();
        let driver = value("driver");
        if driver == "callback" {
            let wrapped = Wrapped::find(&value("conf_id"))?;
            return Self::new(pool, &wrapped.driver, |key| wrapped.setting(key));
        }
        Self::new(pool, &driver, value)
    }

    fn new(pool: &str, driver: &str, setting: impl Fn(&str) -> String) -> Result<Self> {
        let folder = || {
            let text = setting("dir_path");
            let is_whole = text.starts_with('/');
            is_whole
                .then(|| PathBuf::from(text))
                .ok_or_else(|| unusual(pool))
        };
        match driver {
            "lvm_thin" => Ok(Self::LvmThin),
            "file-reflink" => Ok(Self::Reflink(folder()?)),
            "file" => Ok(Self::File(folder()?)),
            "zfs" => {
                let container = Dataset::parse(&setting("container"));
                container.map(Self::Zfs).ok_or_else(|| unusual(pool))
            }
            _ => Err(Error::Volume(format!(
                "its pool {pool} has the driver '{driver}', which qib does not know; \
                 it knows lvm_thin, file-reflink, zfs and file"
            ))),
        }
    }
}

/// Says of a pool that it is laid out as no pool of Qubes is.
pub(super) fn unusual(pool: &str) -> Error {
    Error::Volume(format!("its pool {pool} has an unusual layout"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn driver(name: &str, key: &str, value: &str) -> Result<Driver> {
        let setting = |asked: &str| String::from(if asked == key { value } else { "" });
        Driver::new("p", name, setting)
    }

    #[test]
    fn drivers_with_what_they_need() {
        let zfs = driver("zfs", "container", "tank/vms").unwrap();
        assert_eq!(zfs, Driver::Zfs(Dataset::parse("tank/vms").unwrap()));
        let files = driver("file-reflink", "dir_path", "/var/lib/qubes").unwrap();
        assert_eq!(files, Driver::Reflink("/var/lib/qubes".into()));
        for (name, key, value) in [
            ("zfs", "container", "/tank"),
            ("file", "dir_path", "qubes"),
            ("file-reflink", "", ""),
        ] {
            let error = driver(name, key, value).unwrap_err().to_string();
            assert!(error.contains("unusual layout"), "{error}");
        }
    }

    #[test]
    fn a_driver_that_is_not_known_is_named() {
        for name in ["linux-kernel", "lvm", "callback", ""] {
            let error = driver(name, "", "").unwrap_err().to_string();
            let text = format!("its pool p has the driver '{name}', which qib does not know");
            assert!(error.starts_with(&text), "{error}");
        }
    }
}
