//! Where private volumes lie, laid out as Qubes' own drivers do it.

pub(crate) mod image;
mod isodate;
pub(crate) mod mounted;
mod revisions;
mod volume;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Qubes' storage drivers that the lab has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Driver {
    /// Files that share blocks, on XFS or btrfs.
    Reflink,
    /// Plain files; a running qube's volume cannot be copied.
    File,
}

impl Driver {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reflink => "file-reflink",
            Self::File => "file",
        }
    }
}

/// The lab's one pool.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) driver: Driver,
    pub(crate) dir: PathBuf,
}

/// The pool's name.
pub(crate) const NAME: &str = "varlibqubes";

impl Pool {
    pub(crate) fn new(driver: Driver, dir: PathBuf) -> Self {
        Self { driver, dir }
    }
}
