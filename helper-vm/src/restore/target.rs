//! The volume that a restore fills, and the programs that make file systems.

use super::survey::Survey;
use crate::device;
use crate::error::{Error, Result};
use crate::snapshot::Disk;
use rustix::fs::OFlags;
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Checks a file system.
pub const E2FSCK: &str = "/usr/sbin/e2fsck";

/// mkfs makes no file system with a journal that is smaller, in bytes.
const LEAST_BYTES: u64 = 4 << 20;

/// The volume.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    bytes: u64,
    disk: Option<Disk>,
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
            disk: None,
        })
    }

    /// The same volume, which becomes this disk.
    pub fn holding(&self, disk: Disk) -> Self {
        Self {
            path: self.path.clone(),
            bytes: self.bytes,
            disk: Some(disk),
        }
    }

    /// The disk that it becomes; none for a volume that is a file system as a whole.
    pub fn disk(&self) -> Option<&Disk> {
        self.disk.as_ref()
    }

    /// How much of it is for the file system, in bytes.
    pub fn fs_bytes(&self) -> u64 {
        let disk = self.disk.as_ref();
        disk.map_or(self.bytes, |disk| disk.facts().fs_bytes)
    }

    /// The file system as the programs of e2fsprogs want it named that check one.
    fn fs_name(&self) -> OsString {
        let mut name = self.path.as_os_str().to_owned();
        if let Some(disk) = &self.disk {
            name.push(format!("?offset={}", disk.facts().fs_offset));
        }
        name
    }

    /// The place of its file system, in bytes.
    pub fn fs_range(&self) -> Range<u64> {
        self.fs_offset()..self.fs_offset().saturating_add(self.fs_bytes())
    }

    /// Where its file system begins, in bytes.
    pub fn fs_offset(&self) -> u64 {
        let disk = self.disk.as_ref();
        disk.map_or(0, |disk| disk.facts().fs_offset)
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
        if self.fs_bytes() < survey.least_bytes.max(LEAST_BYTES) {
            Err(Error::TargetTooSmall(None))
        } else {
            Ok(())
        }
    }

    /// Opens it to be written as it is.
    ///
    /// # Errors
    /// When it can not be opened.
    pub fn open(&self) -> Result<File> {
        let opened = OpenOptions::new().read(true).write(true).open(&self.path);
        opened.map_err(Error::Target)
    }

    /// Opens it to be written past the page cache; none where that can not be.
    pub fn open_direct(&self) -> Option<File> {
        let flags = OFlags::DIRECT.bits().cast_signed();
        let opened = OpenOptions::new()
            .write(true)
            .custom_flags(flags)
            .open(&self.path);
        opened.ok()
    }

    /// What the programs of e2fsprogs find no fault with, where it is a part of a disk.
    ///
    /// # Errors
    /// When they do.
    pub fn check_disk(&self) -> Result<()> {
        match self.disk {
            Some(_) => run(E2FSCK, ["-f".into(), "-n".into(), self.fs_name()], None),
            None => Ok(()),
        }
    }

    /// Everything written is on the disk.
    ///
    /// # Errors
    /// When it can not be brought there.
    pub fn sync(&self) -> Result<()> {
        self.open()?.sync_all().map_err(Error::Target)
    }
}

/// Runs one of the programs of e2fsprogs, which take a moment to be now.
///
/// # Errors
/// When it can not be started or fails.
pub fn run(
    program: &str,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    now: Option<i64>,
) -> Result<()> {
    let now = now.map(|now| ("E2FSPROGS_FAKE_TIME", now.to_string()));
    let status = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(now)
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
