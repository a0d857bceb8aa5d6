//! Where the kernel writes the tree: in the volume's own new file system.

use super::mkfs;
use super::mounted::{self, Mount};
use super::survey::Survey;
use super::target::{Target, run};
use crate::error::Result;
use std::os::fd::OwnedFd;

/// A file system that is mounted, and will be checked.
#[derive(Debug)]
pub struct Place(Mount);

impl Place {
    /// Makes the file system and mounts it; none where we may not.
    ///
    /// # Errors
    /// When the volume fails.
    pub fn prepare(target: &Target, survey: &Survey) -> Result<Option<Self>> {
        run(mkfs::MKFS, mkfs::in_place(target, survey), None)?;
        Ok(mounted::mount(target)?.map(Self))
    }

    /// The folder that becomes the root.
    ///
    /// # Errors
    /// When it can not be opened.
    pub fn root(&self) -> Result<OwnedFd> {
        self.0.root()
    }

    /// The tree is complete and nothing in it is open: brings it to the volume's disk.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn finish(self, target: &Target) -> Result<()> {
        self.0.close()?;
        target.sync()?;
        target.check_disk()
    }
}
