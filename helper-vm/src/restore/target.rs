//! The volume that a restore fills, and the programs that make file systems.

use super::survey::Survey;
use crate::device;
use crate::error::{Error, Result};
use crate::snapshot::BlockSize;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// mkfs makes no file system with a journal that is smaller, in bytes.
const LEAST_BYTES: u64 = 4 << 20;

/// Up to this size mkfs makes an inode for every 4 KiB, above for every 16 KiB.
const SMALL_BYTES: u64 = 512 << 20;

/// The volume.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    bytes: u64,
}

impl Target {
    /// Waits for the volume to appear.
    ///
    /// # Errors
    /// [`Error::NoDevice`] when it does not.
    pub fn wait(path: &Path) -> Result<Self> {
        let (_, bytes) = device::wait_for(path, OpenOptions::new().read(true).write(true))?;
        Ok(Self {
            path: path.to_owned(),
            bytes,
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Refuses a volume that can not hold what was found, before it is touched.
    ///
    /// # Errors
    /// [`Error::TargetTooSmall`].
    pub fn check(&self, survey: &Survey) -> Result<()> {
        if self.bytes < survey.least_bytes.max(LEAST_BYTES) {
            Err(Error::TargetTooSmall)
        } else {
            Ok(())
        }
    }

    /// The arguments for mkfs beside its defaults: what Qubes uses, the block of the
    /// file system that was read, so that all fits as it did there, and more inodes when
    /// there are more small files than mkfs expects.
    pub fn mkfs_options(&self, survey: &Survey) -> Vec<String> {
        let mut options: Vec<String> = ["-q", "-F", "-m", "0"].map(str::to_owned).into();
        options.extend(["-b".to_owned(), survey.block_size.bytes().to_string()]);
        if survey.block_size != BlockSize::default() {
            // A folder of short blocks is full at some 600,000 names otherwise.
            options.extend(["-O", "large_dir"].map(str::to_owned));
        }
        let per_inode = if self.bytes < SMALL_BYTES {
            4096
        } else {
            16384
        };
        let needed = survey.inodes.saturating_add(survey.inodes / 4);
        if needed > self.bytes / per_inode {
            options.extend(["-N".to_owned(), needed.to_string()]);
        }
        options
    }

    /// Opens it to be written as it is.
    ///
    /// # Errors
    /// When it can not be opened.
    pub fn open(&self) -> Result<File> {
        let opened = OpenOptions::new().read(true).write(true).open(&self.path);
        opened.map_err(Error::Target)
    }

    /// Everything written is on the disk.
    ///
    /// # Errors
    /// When it can not be brought there.
    pub fn sync(&self) -> Result<()> {
        self.open()?.sync_all().map_err(Error::Target)
    }
}

/// Runs one of the programs of e2fsprogs.
///
/// # Errors
/// When it can not be started or fails.
pub fn run(program: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<()> {
    let status = Command::new(program)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(Error::Helper)?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Target(io::Error::other(format!(
            "{program}: {status}"
        ))))
    }
}
