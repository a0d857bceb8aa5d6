//! `qib.Browse`: a helper shows snapshots as folders, to whoever looks into it.

use super::backup::IndexObjects;
use crate::count::Counts;
use crate::glob::Globs;
use crate::id::{Digest, QubeId, SessionId};
use crate::key::{ChunkKey, Identity, IndexSeed};
use crate::name::QubeName;
use crate::plain_name::PlainName;
use serde::{Deserialize, Serialize};

/// dom0 → helper, first: whose snapshots to show. Each follows as a [`BrowseSnapshot`], then
/// `JobEnd`. Answered by [`Browsing`], progress for as long as somebody looks, and [`Browsed`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BrowseJob {
    /// The argument with which to call `qib.Get`.
    pub session: SessionId,
    /// Whom to call.
    pub storage: QubeName,
    /// Whose snapshots they are.
    pub qube: QubeId,
    /// Keys chunk ids.
    pub chunk_key: ChunkKey,
    /// Opens packs and snapshots.
    pub data_identity: Identity,
    /// The seed of the identity that index objects are sealed to.
    pub index_seed: IndexSeed,
    /// What to search all of them for, before they are shown. None: nothing is searched.
    pub find: Globs,
}

/// dom0 → helper: a snapshot to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowseSnapshot {
    /// The name of its folder.
    pub folder: PlainName,
    /// When it was made, in seconds since 1970.
    pub time: i64,
    /// The number that it must have.
    pub sequence: u64,
    /// Its object.
    pub snapshot: Digest,
    /// The index objects that say where its chunks lie, oldest first.
    pub index: IndexObjects,
}

/// helper → dom0: the folders are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browsing {}

/// helper → dom0, last: nobody looks any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browsed {
    /// What was fetched.
    pub counts: Counts,
}
