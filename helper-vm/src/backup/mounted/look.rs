//! How an entry of a mounted file system looks.

use super::failed;
use crate::error::{Error, Result};
use crate::manifest::Meta;
use qib_ext4::FileType;
use rustix::fs::{AtFlags, RawMode, Statx, StatxAttributes, StatxFlags, StatxTimestamp, statx};
use std::os::fd::{AsFd, OwnedFd};

/// Which subvolume or mounted part, and which inode in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Id {
    pub(super) device: (u32, u32),
    pub(super) inode: u64,
}

/// How an entry looks.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub(super) id: Id,
    pub(super) file_type: FileType,
    /// Without attributes, which are asked for separately.
    pub(super) meta: Meta,
    pub(super) size: u64,
    pub(super) links: u32,
    pub(super) changed: (i64, u32),
    pub(super) nodump: bool,
    /// Major and minor number, for a device.
    pub(super) numbers: (u32, u32),
}

impl Look {
    /// Looks at an entry of an open folder; at the folder itself with `.`.
    pub(super) fn at(folder: impl AsFd, name: &[u8]) -> Result<Self> {
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
        let found = statx(folder, name, flags, StatxFlags::BASIC_STATS).map_err(failed)?;
        let odd = Error::VolumeContradicts("a file of no kind");
        let (seconds, nanoseconds) = time(found.stx_mtime);
        Ok(Self {
            id: Id {
                device: (found.stx_dev_major, found.stx_dev_minor),
                inode: found.stx_ino,
            },
            file_type: file_type(&found).ok_or(odd)?,
            meta: Meta {
                mode: u32::from(found.stx_mode) & 0o7777,
                uid: found.stx_uid,
                gid: found.stx_gid,
                seconds,
                nanoseconds,
                xattrs: Vec::new(),
            },
            size: found.stx_size,
            links: found.stx_nlink,
            changed: time(found.stx_ctime),
            nodump: found.stx_attributes.contains(StatxAttributes::NODUMP),
            numbers: (found.stx_rdev_major, found.stx_rdev_minor),
        })
    }

    /// The same with its attributes.
    pub(super) fn with_attributes(mut self, folder: &OwnedFd, name: &[u8]) -> Result<Self> {
        self.meta.xattrs = super::attributes::read(folder, name)?;
        Ok(self)
    }

    /// The later of the times that a change of the content moves, in seconds.
    pub(super) fn latest(&self) -> i64 {
        self.meta.seconds.max(self.changed.0)
    }
}

fn file_type(found: &Statx) -> Option<FileType> {
    use rustix::fs::FileType as Kernel;
    match Kernel::from_raw_mode(RawMode::from(found.stx_mode)) {
        Kernel::RegularFile => Some(FileType::Regular),
        Kernel::Directory => Some(FileType::Directory),
        Kernel::Symlink => Some(FileType::Symlink),
        Kernel::Fifo => Some(FileType::Fifo),
        Kernel::Socket => Some(FileType::Socket),
        Kernel::CharacterDevice => Some(FileType::CharDevice),
        Kernel::BlockDevice => Some(FileType::BlockDevice),
        _ => None,
    }
}

fn time(time: StatxTimestamp) -> (i64, u32) {
    (time.tv_sec, time.tv_nsec)
}
