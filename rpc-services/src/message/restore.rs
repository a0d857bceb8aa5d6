//! `qib.Restore`: a helper fills the attached volume from a snapshot.

use super::backup::IndexObjects;
use super::lost::LostPacks;
use crate::class::Classes;
use crate::count::Counts;
use crate::id::{Digest, QubeId, SessionId};
use crate::key::{ChunkKey, Identity, IndexSeed};
use crate::name::QubeName;
use crate::path::PathPatterns;
use crate::plain_name::PlainName;
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
    /// What a new file system is told apart by.
    pub told_apart: ToldApart,
}

/// By what UUID and by what hash seed of its folders a new file system is told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToldApart {
    /// By those that are derived from the snapshot: the same volume each time.
    #[default]
    BySnapshot,
    /// By random ones: for a copy that is used beside another.
    AtRandom,
}

/// dom0 → helper: go on with a restore that was interrupted, on the volume that it began to fill.
/// Answered as a `RestoreJob`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResumeJob {
    /// The same snapshot.
    pub job: RestoreJob,
    /// The seed of the identity that index objects are sealed to.
    pub index_seed: IndexSeed,
    /// The index objects that say where the snapshot's chunks lie, oldest first.
    pub index: IndexObjects,
}

/// dom0 → helper: what of a snapshot to restore. Answered as a `RestoreJob`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RestorePathsJob {
    /// The snapshot.
    pub job: RestoreJob,
    /// The seed of the identity that index objects are sealed to.
    pub index_seed: IndexSeed,
    /// The index objects that say where the snapshot's chunks lie, oldest first.
    pub index: IndexObjects,
    /// What to restore.
    pub paths: PathPatterns,
    /// What of that to hold back.
    pub without: Classes,
    /// Packs that are lost: what lies in them is held back where that class is.
    pub lost: LostPacks,
    /// True when the same was begun on this volume and interrupted.
    pub resumes: bool,
}

/// dom0 → helper: hand a part of a snapshot to a qube, by `qubes.Filecopy`. No volume is attached.
/// The answer is progress, then `HandedOut`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HandOutJob {
    /// What of which snapshot.
    pub part: RestorePathsJob,
    /// The length of the volume that it is of, in bytes: it can not hold much more than that.
    pub volume_bytes: u64,
    /// Who gets it, if that qube's user agrees.
    pub taker: QubeName,
    /// As what.
    pub form: HandOutForm,
}

/// As what a part of a snapshot is handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandOutForm {
    /// As the files and folders that they are.
    Files,
    /// As one tar of this name.
    Tar(PlainName),
}

/// helper → dom0, last: the taker has everything and says so, every chunk checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOut {
    /// What was sent.
    pub counts: Counts,
    /// What was to be held back, and devices, FIFOs and links that lead outside, which no qube
    /// takes. A folder counts as one.
    pub held_back: u64,
}

/// helper → dom0, last: the volume holds the snapshot, every chunk checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreSummary {
    /// What was written.
    pub counts: Counts,
    /// How much of the metadata it holds.
    pub fidelity: Fidelity,
    /// Attributes that the new file system can not hold.
    pub skipped: u64,
    /// What was to be held back. A folder counts as one.
    pub held_back: u64,
}

/// How much of a snapshot's metadata a restore could write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fidelity {
    /// Everything that the file system takes.
    Whole,
    /// The volume is what it was, byte for byte.
    Image,
}
