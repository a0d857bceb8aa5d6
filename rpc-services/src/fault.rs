//! Faults: a peer's refusal, as a closed list with a number, never as text.

use crate::id::Digest;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A peer's refusal. It ends the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What the peer refused for.
    pub code: Code,
    /// The object that it is about, if it is about one.
    pub object: Option<Digest>,
    /// The size in bytes that is needed at least, where one is too small.
    pub needed: Option<u64>,
}

/// What a peer refuses for. Only appended to, never reordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Code {
    /// Storage: no live permit for this session and caller.
    NoPermit,
    /// Storage: the permit does not allow this.
    NotAllowed,
    /// Storage: the permit's bytes or objects are used up.
    QuotaUsedUp,
    /// Storage: the place is full.
    StorageFull,
    /// Storage: the place failed otherwise.
    StorageFailed,
    /// Storage: the bytes received do not have the digest of their name.
    DigestMismatch,
    /// Storage or helper: the object is not there.
    Missing,
    /// Storage or helper: the object is there and damaged.
    Damaged,
    /// Anyone: the peer broke the protocol.
    Protocol,
    /// Helper: no device appeared.
    NoDevice,
    /// Helper: the volume holds nothing that this version reads.
    VolumeUnknown,
    /// Helper: the volume's file system has a feature that this version does not read.
    VolumeUnsupported,
    /// Helper: the volume's journal must be replayed first.
    VolumeDirty,
    /// Helper: the volume's file system contradicts itself.
    VolumeCorrupt,
    /// Helper: the device could not be read or written.
    VolumeFailed,
    /// Helper: the storage qube could not be reached or went away.
    StorageLost,
    /// Helper: the passphrase does not open the recovery kit.
    WrongPassphrase,
    /// Helper: the recovery kit is another installation's.
    WrongKit,
    /// Helper: the object was sealed for another qube.
    NotOurs,
    /// Helper: the volume is too small for what is to be restored.
    TargetTooSmall,
    /// Helper: the new file system can not hold something, however large it is.
    TargetUnfit,
    /// Helper: something failed in the helper itself (memory, temporary space, a tool).
    HelperFailed,
    /// Helper: the volume is zeros throughout: its qube was never started.
    VolumeEmpty,
    /// Helper: a path of the job is not in the snapshot.
    NoSuchPath,
    /// Storage: a session of this prefix has not ended.
    SessionLives,
    /// Helper: the qube that files were to be handed to was not reached: nobody agreed to it.
    TakerRefused,
    /// Helper: that qube has no room for them.
    TakerFull,
    /// Helper: that qube did not take them, or not as they were.
    TakerFailed,
    /// Storage: it has no place of this name, or could not open it.
    NoPlace,
}

impl Fault {
    /// A fault that is about no object.
    pub const fn new(code: Code) -> Self {
        Self {
            code,
            object: None,
            needed: None,
        }
    }

    /// A fault about the object with this digest.
    pub const fn about(code: Code, object: Digest) -> Self {
        Self {
            object: Some(object),
            ..Self::new(code)
        }
    }

    /// A fault for want of room, of which so many bytes are needed, if that is known.
    pub const fn needing(code: Code, needed: Option<u64>) -> Self {
        Self {
            needed,
            ..Self::new(code)
        }
    }
}

impl Code {
    /// The code in words for the person at the terminal.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoPermit => "the storage qube knows of no permit for this session",
            Self::NotAllowed => "the storage qube does not allow this in this session",
            Self::QuotaUsedUp => "the session stored more than its permit allows",
            Self::StorageFull => "the storage is full",
            Self::StorageFailed => "the storage failed to keep or find an object",
            Self::DigestMismatch => "an object arrived at the storage qube damaged",
            Self::Missing => "an object is missing at the storage",
            Self::Damaged => "an object at the storage is damaged",
            Self::Protocol => "the two sides do not understand each other",
            Self::NoDevice => "the volume did not appear in the helper",
            Self::VolumeUnknown => "the volume holds no file system that qib reads",
            Self::VolumeUnsupported => "the file system has a feature that qib does not read yet",
            Self::VolumeDirty => "the file system's journal is not clean",
            Self::VolumeCorrupt => "the file system is damaged",
            Self::VolumeFailed => "the volume could not be read or written",
            Self::StorageLost => "the storage qube could not be reached, or went away",
            Self::WrongPassphrase => "wrong passphrase",
            Self::WrongKit => "the recovery kit belongs to another installation of qib",
            Self::NotOurs => "an object belongs to another qube",
            Self::TargetTooSmall => "the new volume is too small",
            Self::TargetUnfit => "the snapshot has something that ext4 can not hold",
            Self::HelperFailed => "the helper ran into a problem of its own",
            Self::VolumeEmpty => "the volume is empty",
            Self::NoSuchPath => "a path is not in the snapshot",
            Self::SessionLives => "a session of this qube has not ended at the storage qube",
            Self::TakerRefused => "the files could not be handed over: it was not agreed to",
            Self::TakerFull => "the qube that the files go to is full",
            Self::TakerFailed => "the qube that the files go to did not take all of them",
            Self::NoPlace => "the storage qube has no such place, or could not open it",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code.text())?;
        if let Some(object) = self.object {
            write!(out, " (object {object})")?;
        }
        match self.needed {
            Some(needed) => write!(out, " (at least {needed} bytes are needed)"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}
