//! `qib.Restore`: a helper fills the attached volume from a snapshot.

use crate::count::Counts;
use crate::id::{Digest, QubeId, SessionId};
use crate::key::{ChunkKey, Identity};
use crate::name::QubeName;
use serde::{Deserialize, Serialize};

/// dom0 → helper: what to restore. The answer is progress, then a summary.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RestoreJob {
    /// The argument with which to call `qib.Get`.
    pub session: SessionId,
    /// Whom to call.
    pub storage: QubeName,
    /// Whose snapshot it is.
    pub qube: QubeId,
    /// The number that the snapshot must have.
    pub sequence: u64,
    /// The snapshot object.
    pub snapshot: Digest,
    /// Keys chunk ids.
    pub chunk_key: ChunkKey,
    /// Opens packs and the snapshot.
    pub data_identity: Identity,
}

/// helper → dom0, last: the volume holds the snapshot, every chunk checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreSummary {
    /// What was written.
    pub counts: Counts,
    /// How much of the metadata it holds.
    pub fidelity: Fidelity,
    /// Attributes, owners and devices that the helper could not set even so.
    pub skipped: u64,
}

/// How much of a snapshot's metadata a restore could write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fidelity {
    /// Everything that the file system takes.
    Whole,
    /// Names, contents, modes and links: without the right to mount, the file
    /// system was made from a folder.
    NamesContentsModes,
    /// The volume is what it was, byte for byte.
    Image,
}
