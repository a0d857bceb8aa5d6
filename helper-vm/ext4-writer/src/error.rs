//! Why a file system can not be made.

use std::fmt;
use std::io;

/// What it ends with.
pub type Result<T> = std::result::Result<T, Error>;

/// Why it ended.
#[derive(Debug)]
pub enum Error {
    /// The device failed.
    Io(io::Error),
    /// The empty file system can not be read.
    Skeleton(qib_ext4::Error),
    /// The empty file system has a layout that is not written here.
    Layout(&'static str),
    /// There are too few free blocks or inodes.
    Full,
    /// ext4 can not hold something at all.
    Impossible(Impossible),
}

/// What ext4, with these blocks, has no form for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// A file that is longer than 2^32 blocks.
    FileSize,
    /// A file with more than 65,000 names.
    Links,
    /// A symbolic link that is longer than a block.
    Target,
    /// A directory whose hash tree would be too deep.
    Directory,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Skeleton(error) => write!(f, "the new file system: {error}"),
            Self::Layout(what) => write!(f, "the new file system has {what}"),
            Self::Full => f.write_str("no free blocks or inodes are left"),
            Self::Impossible(what) => what.fmt(f),
        }
    }
}

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FileSize => "a file is too long for ext4",
            Self::Links => "a file has too many names for ext4",
            Self::Target => "a symbolic link is too long for ext4",
            Self::Directory => "a folder has too many names for ext4",
        })
    }
}

impl std::error::Error for Error {}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<qib_ext4::Error> for Error {
    fn from(error: qib_ext4::Error) -> Self {
        Self::Skeleton(error)
    }
}

impl From<Impossible> for Error {
    fn from(what: Impossible) -> Self {
        Self::Impossible(what)
    }
}
