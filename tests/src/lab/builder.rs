//! How a test asks for its lab.

use std::path::PathBuf;

use anyhow::Result;

use super::{Lab, succeed};
use crate::pool::Driver;
use crate::release::Release;

/// How a lab is to be made.
#[derive(Debug, Default)]
pub struct LabBuilder {
    binary: PathBuf,
    programs: Option<PathBuf>,
    prefix: Vec<String>,
    parent: Option<PathBuf>,
    release: Release,
    driver: Option<Driver>,
    is_wrapped: bool,
    has_vm_helpers: bool,
}

impl LabBuilder {
    /// Starts to describe a lab.
    pub fn new(binary: impl Into<PathBuf>) -> Self {
        Self {
            binary: binary.into(),
            ..Self::default()
        }
    }

    /// Takes `qib`, `qib-helper` and `qib-storage`, or some of them, from this folder.
    pub fn programs(mut self, folder: impl Into<PathBuf>) -> Self {
        self.programs = Some(folder.into());
        self
    }

    /// Runs every command of the lab behind this one, such as `setpriv` with another user.
    pub fn prefix<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.prefix = words.into_iter().map(Into::into).collect();
        self
    }

    /// Makes the lab's folder in this one, not among the temporary files.
    pub fn inside(mut self, parent: impl Into<PathBuf>) -> Self {
        self.parent = Some(parent.into());
        self
    }

    /// Makes it like this release.
    pub fn release(mut self, release: Release) -> Self {
        self.release = release;
        self
    }

    /// Gives it a pool of this driver, not the best one that can be had here.
    pub fn driver(mut self, driver: Driver) -> Self {
        self.driver = Some(driver);
        self
    }

    /// Wraps its pool in one of the driver `callback`.
    pub fn callback(mut self) -> Self {
        self.is_wrapped = true;
        self
    }

    /// Each helper is a machine of its own.
    pub fn vm_helpers(mut self) -> Self {
        self.has_vm_helpers = true;
        self
    }

    /// Makes the lab.
    pub fn create(self) -> Result<Lab> {
        let parent = self.parent.unwrap_or_else(std::env::temp_dir);
        let folder = tempfile::Builder::new()
            .prefix("qib-lab-")
            .tempdir_in(parent)?;
        if !self.prefix.is_empty() {
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            std::fs::set_permissions(folder.path(), open)?;
        }
        let lab = Lab {
            binary: self.binary,
            prefix: self.prefix,
            folder,
        };
        let mut command = lab.command(["create"]);
        command.arg(lab.dir());
        command.arg("--release").arg(self.release.to_string());
        if let Some(driver) = self.driver {
            command.arg("--driver").arg(driver.name());
        }
        if self.is_wrapped {
            command.arg("--callback");
        }
        if self.has_vm_helpers {
            command.args(["--helpers", "vm"]);
        }
        if let Some(programs) = self.programs {
            command.arg("--programs").arg(programs);
        }
        succeed(&mut command)?;
        Ok(lab)
    }
}
