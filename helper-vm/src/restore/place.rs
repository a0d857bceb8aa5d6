//! Where the tree is written: the volume's own new file system; or, where we may
//! not mount, a folder that mke2fs then copies.

use super::metadata::Manner;
use super::mkfs;
use super::mounted::{self, Mount};
use super::survey::Survey;
use super::target::{Target, run};
use super::tree::failed;
use crate::error::{Error, Result};
use crate::manifest::Meta;
use qib_rpc::message::restore::Fidelity;
use rustix::fs::{Mode, OFlags, open};
use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use tempfile::TempDir;

const MKFS: &str = "/usr/sbin/mkfs.ext4";
const MKE2FS: &str = "/usr/sbin/mke2fs";
const E2FSCK: &str = "/usr/sbin/e2fsck";
const DEBUGFS: &str = "/usr/sbin/debugfs";

/// Where the tree is written.
#[derive(Debug)]
pub enum Place {
    /// In the volume, mounted.
    Volume(Mount),
    /// In a folder of the helper.
    Folder(TempDir),
}

impl Place {
    /// Makes the file system, or what will become it.
    ///
    /// # Errors
    /// When the volume or the helper's disk fails.
    pub fn prepare(target: &Target, survey: &Survey) -> Result<Self> {
        run(MKFS, mkfs::arguments(target, survey, &[]))?;
        if let Some(mount) = mounted::mount(target)? {
            return Ok(Self::Volume(mount));
        }
        tempfile::Builder::new()
            .prefix("qib-restore-")
            .tempdir_in("/var/tmp")
            .map(Self::Folder)
            .map_err(Error::Helper)
    }

    /// The folder that becomes the root.
    ///
    /// # Errors
    /// When it can not be opened.
    pub fn root(&self) -> Result<OwnedFd> {
        match self {
            Self::Volume(mount) => mount.root(),
            Self::Folder(folder) => {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                open(folder.path(), flags, Mode::empty()).map_err(failed)
            }
        }
    }

    /// How much must succeed there.
    pub fn manner(&self) -> Manner {
        match self {
            Self::Volume(_) => Manner::Whole,
            Self::Folder(_) => Manner::Possible,
        }
    }

    /// How much of a snapshot it can hold.
    pub fn fidelity(&self) -> Fidelity {
        match self {
            Self::Volume(_) => Fidelity::Whole,
            Self::Folder(_) => Fidelity::NamesContentsModes,
        }
    }

    /// The tree is complete and nothing in it is open: brings it to the volume's disk.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn finish(self, target: &Target, survey: &Survey, root: &Meta) -> Result<()> {
        match self {
            Self::Volume(mount) => mount.close()?,
            Self::Folder(folder) => image(&folder, target, survey, root)?,
        }
        target.sync()?;
        match target.disk() {
            Some(_) => run(E2FSCK, ["-f".into(), "-n".into(), target.fs_name()]),
            None => Ok(()),
        }
    }
}

fn image(folder: &TempDir, target: &Target, survey: &Survey, root: &Meta) -> Result<()> {
    let path = folder.path().as_os_str().to_owned();
    let more = ["-t".into(), "ext4".into(), "-d".into(), path];
    run(MKE2FS, mkfs::arguments(target, survey, &more))?;
    set_root(&target.fs_name(), root)
}

/// mke2fs copies everything but what belongs to the root folder itself.
fn set_root(fs_name: &OsStr, root: &Meta) -> Result<()> {
    for field in [
        format!("sif <2> mode 04{:04o}", root.mode & 0o7777),
        format!("sif <2> uid {}", root.uid),
        format!("sif <2> gid {}", root.gid),
        format!("sif <2> mtime @{}", root.seconds),
    ] {
        let fs_name = fs_name.to_owned();
        run(DEBUGFS, ["-w".into(), "-R".into(), field.into(), fs_name])?;
    }
    Ok(())
}
