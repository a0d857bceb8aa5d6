//! Errors in words, for the person at the terminal.

use std::fmt;

use crate::error::{Error, Fault, Place, Structure};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot read the volume: {error}"),
            Self::Incompatible(feature) => write!(f, "this reader does not support {feature:?}"),
            Self::Corrupt {
                structure,
                fault,
                place,
            } => {
                write!(f, "damaged file system: {structure} of {place}: {fault}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Incompatible(_) | Self::Corrupt { .. } => None,
        }
    }
}

impl fmt::Display for Structure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SuperBlock => "superblock",
            Self::GroupDescriptor => "group descriptor",
            Self::InodeBitmap => "inode bitmap",
            Self::Inode => "inode fields",
            Self::ExtentNode => "extent tree",
            Self::IndirectBlock => "block map",
            Self::DirBlock => "directory block",
            Self::DxBlock => "directory hash tree",
            Self::Symlink => "symbolic link",
            Self::InlineData => "data in the inode",
            Self::Xattr => "extended attributes",
            Self::PosixAcl => "access control list",
            Self::Mmp => "multiple mount protection",
            Self::JournalSuperBlock => "journal superblock",
            Self::JournalDescriptor => "journal descriptor",
            Self::JournalRevoke => "journal revoke record",
            Self::JournalCommit => "journal commit",
            Self::JournalBlock => "journal content",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Magic => "wrong magic number",
            Self::Checksum => "wrong checksum",
            Self::Short => "a field lies outside",
            Self::Size => "impossible size or count",
            Self::OutOfVolume => "points outside the volume",
            Self::Order => "overlapping or out of order",
            Self::Depth => "wrong depth",
            Self::TooManyBlocks => "more blocks than the volume has",
            Self::Hole => "a hole where there must be data",
            Self::RecordLength => "wrong record length",
            Self::Name => "impossible name",
            Self::DotEntries => "wrong or no \".\" and \"..\"",
            Self::SelfReference => "contains itself",
            Self::Value => "undefined value",
            Self::NotInUse => "not in use",
            Self::WrongType => "wrong type",
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume => f.write_str("the volume"),
            Self::Group(number) => write!(f, "group {number}"),
            Self::Inode(number) => write!(f, "inode {number}"),
            Self::JournalBlock(number) => write!(f, "journal block {number}"),
        }
    }
}
