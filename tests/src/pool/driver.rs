//! Qubes' storage drivers that the lab has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A storage driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Driver {
    /// Files that share blocks, on XFS or btrfs.
    Reflink,
    /// Plain files; a running qube's volume cannot be copied.
    File,
    /// A thin pool of LVM. Its volumes are files that share blocks, with the names that LVM
    /// would give them, and its commands are stand-ins.
    LvmThin,
    /// ZFS. Its volumes are files that share blocks, and its command is a stand-in.
    Zfs,
}

impl Driver {
    /// The name that qubesd has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reflink => "file-reflink",
            Self::File => "file",
            Self::LvmThin => "lvm_thin",
            Self::Zfs => "zfs",
        }
    }
}

impl FromStr for Driver {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, anyhow::Error> {
        let all = [Self::Reflink, Self::File, Self::LvmThin, Self::Zfs];
        let found = all.into_iter().find(|driver| driver.name() == text);
        found.ok_or_else(|| {
            anyhow::anyhow!("{text}: there are file-reflink, file, lvm_thin and zfs")
        })
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}
