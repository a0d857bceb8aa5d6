//! Everything that ends a helper's work early, and the fault that dom0 is told.
//!
//! A volume that can not be read and a storage that fails are different types
//! from the place where they arise: a peer of ours once took a full repository
//! for an unreadable source, left the files out and called the backup good.

use crate::format_error::FormatError;
use qib_ext4::Feature;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::Digest;
use qib_rpc::line::LineError;
use std::fmt;
use std::io;

/// Why a helper stops.
#[derive(Debug)]
pub enum Error {
    /// No device appeared.
    NoDevice,
    /// The volume could not be read.
    Volume(qib_ext4::Error),
    /// The volume holds nothing but zeros.
    VolumeEmpty,
    /// The volume's log must be replayed before it shows its last state.
    VolumeDirty,
    /// The volume contradicts itself where several structures meet.
    VolumeContradicts(&'static str),
    /// The volume holds something that the formats can not hold.
    VolumeTooLarge(&'static str),
    /// The line to the storage qube broke.
    StorageLine(LineError),
    /// The storage qube refused.
    Storage(Fault),
    /// The line to dom0 broke.
    Dom0(LineError),
    /// An object is not what the format says.
    Object(Digest, FormatError),
    /// A job that contradicts itself.
    Job(&'static str),
    /// A path of the job is not in the snapshot.
    NoSuchPath,
    /// The volume to write to can not hold what is to be written: how many bytes it must have
    /// at least, if that is known.
    TargetTooSmall(Option<u64>),
    /// The volume could not be written.
    Target(io::Error),
    /// The new file system can not hold something, or is one that only the kernel writes.
    Unwritable(qib_ext4_writer::Error),
    /// The qube that files are handed to did not take them.
    Taker(Code),
    /// The helper itself failed.
    Helper(io::Error),
}

impl Error {
    /// The volume could not be read.
    pub fn reading(error: io::Error) -> Self {
        Self::Volume(qib_ext4::Error::Io(error))
    }

    /// A thread of the helper ended before its work.
    pub fn thread_gone() -> Self {
        Self::Helper(io::Error::other("a thread of the helper is gone"))
    }

    /// What dom0 is told.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Storage(fault) => *fault,
            Self::Object(digest, FormatError::NotOurs) => Fault::about(Code::NotOurs, *digest),
            Self::Object(digest, _) => Fault::about(Code::Damaged, *digest),
            Self::TargetTooSmall(needed) => Fault::needing(self.code(), *needed),
            _ => Fault::new(self.code()),
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::NoDevice => Code::NoDevice,
            Self::VolumeEmpty => Code::VolumeEmpty,
            Self::VolumeDirty => Code::VolumeDirty,
            Self::NoSuchPath => Code::NoSuchPath,
            Self::Taker(code) => *code,
            Self::TargetTooSmall(_) => Code::TargetTooSmall,
            Self::Unwritable(_) => Code::TargetUnfit,
            Self::Target(_) => Code::VolumeFailed,
            Self::Volume(error) => volume_code(error),
            Self::VolumeContradicts(_) => Code::VolumeCorrupt,
            Self::VolumeTooLarge(_) => Code::VolumeUnsupported,
            Self::StorageLine(LineError::Lost | LineError::Io(_)) => Code::StorageLost,
            Self::StorageLine(_) | Self::Dom0(_) | Self::Job(_) => Code::Protocol,
            Self::Storage(_) | Self::Object(..) | Self::Helper(_) => Code::HelperFailed,
        }
    }
}

fn volume_code(error: &qib_ext4::Error) -> Code {
    use qib_ext4::{Error, Fault, Structure};
    match error {
        Error::Io(_) => Code::VolumeFailed,
        Error::Incompatible(
            Feature::FastCommit | Feature::LargeJournal | Feature::UnknownJournal(_),
        ) => Code::VolumeDirty,
        Error::Incompatible(_) => Code::VolumeUnsupported,
        Error::Corrupt {
            structure: Structure::SuperBlock,
            fault: Fault::Magic | Fault::Short,
            ..
        } => Code::VolumeUnknown,
        Error::Corrupt { .. } => Code::VolumeCorrupt,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Volume(error) => error.fmt(out),
            Self::VolumeContradicts(what) | Self::VolumeTooLarge(what) | Self::Job(what) => {
                out.write_str(what)
            }
            Self::StorageLine(error) => write!(out, "storage: {error}"),
            Self::Dom0(error) => write!(out, "dom0: {error}"),
            Self::Object(digest, error) => write!(out, "object {digest}: {error}"),
            Self::Unwritable(error) => error.fmt(out),
            Self::Helper(error) | Self::Target(error) => error.fmt(out),
            Self::NoDevice
            | Self::VolumeEmpty
            | Self::VolumeDirty
            | Self::NoSuchPath
            | Self::Taker(_)
            | Self::TargetTooSmall(_)
            | Self::Storage(_) => self.fault().fmt(out),
        }
    }
}

impl std::error::Error for Error {}

impl From<qib_ext4::Error> for Error {
    fn from(error: qib_ext4::Error) -> Self {
        Self::Volume(error)
    }
}

/// The result of a helper's work.
pub type Result<T> = std::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;
    use qib_ext4::{Error as Volume, Fault as VolumeFault, Place, Structure};

    #[test]
    fn a_source_error_is_no_storage_error_nor_the_reverse() {
        let io = || io::Error::from(io::ErrorKind::StorageFull);
        let corrupt = |structure, fault| Volume::Corrupt {
            structure,
            fault,
            place: Place::Volume,
        };
        for (error, code) in [
            (Error::Volume(Volume::Io(io())), Code::VolumeFailed),
            (Error::StorageLine(LineError::Io(io())), Code::StorageLost),
            (Error::StorageLine(LineError::Unexpected), Code::Protocol),
            (
                Error::Storage(Fault::new(Code::StorageFull)),
                Code::StorageFull,
            ),
            (Error::Helper(io()), Code::HelperFailed),
            (
                Error::Volume(corrupt(Structure::SuperBlock, VolumeFault::Magic)),
                Code::VolumeUnknown,
            ),
            (
                Error::Volume(corrupt(Structure::Inode, VolumeFault::Magic)),
                Code::VolumeCorrupt,
            ),
            (
                Error::Volume(Volume::Incompatible(Feature::FastCommit)),
                Code::VolumeDirty,
            ),
        ] {
            assert_eq!(error.fault().code, code, "{error:?}");
        }
    }
}
