//! How a helper reads a volume: all that dom0 learns of what lies on it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What lies on a volume. Only appended to, never reordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VolumeKind {
    /// ext2, ext3 or ext4.
    Ext,
    /// btrfs.
    Btrfs,
    /// XFS.
    Xfs,
    /// F2FS.
    F2fs,
    /// An encrypted volume with a LUKS header.
    Luks,
    /// NTFS.
    Ntfs,
    /// FAT or exFAT.
    Fat,
    /// Swap space.
    Swap,
    /// A disk with a partition table.
    Disk,
    /// Something else, or several at once.
    Unknown,
}

/// Who reads a volume, and as what. Only appended to, never reordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Manner {
    /// qib's own reader, file by file: what happens unless something is said.
    #[default]
    Reader,
    /// The helper's kernel, file by file.
    Kernel(VolumeKind),
    /// Nobody: the volume is one sparse file.
    Image(VolumeKind),
    /// qib's own reader, file by file, and an image of what is on the disk beside its
    /// file system.
    Disk,
}

impl VolumeKind {
    /// The kind in words for the person at the terminal.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Ext => "ext4",
            Self::Btrfs => "btrfs",
            Self::Xfs => "XFS",
            Self::F2fs => "F2FS",
            Self::Luks => "LUKS",
            Self::Ntfs => "NTFS",
            Self::Fat => "FAT",
            Self::Swap => "swap space",
            Self::Disk => "a disk with partitions",
            Self::Unknown => "unknown content",
        }
    }
}

impl Manner {
    /// What lies on the volume.
    pub const fn kind(self) -> VolumeKind {
        match self {
            Self::Reader => VolumeKind::Ext,
            Self::Disk => VolumeKind::Disk,
            Self::Kernel(kind) | Self::Image(kind) => kind,
        }
    }

    /// Who read it, as programs are told.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Kernel(_) => "kernel",
            Self::Image(_) => "image",
            Self::Disk => "disk",
        }
    }
}

impl fmt::Display for Manner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind().text();
        match self {
            Self::Reader | Self::Disk => write!(out, "read by qib: {kind}"),
            Self::Kernel(_) => write!(out, "read by the kernel: {kind}"),
            Self::Image(_) => write!(out, "read as an image: {kind}"),
        }
    }
}
