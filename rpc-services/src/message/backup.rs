//! `qib.Backup`: dom0 gives a job, the helper answers with numbers.

use crate::compression::Compression;
use crate::count::{Counts, LeftOuts};
use crate::glob::PathRules;
use crate::id::{Digest, QubeId, SessionId};
use crate::key::{ChunkKey, CutKey, IndexSeed, PacksKey, Recipient};
use crate::limit::{MAX_INDEX_OBJECTS, MAX_PACKS_IN_MESSAGE};
use crate::message::trial::Findings;
use crate::name::QubeName;
use crate::reading::Manner;
use crate::rule::Rules;
use serde::{Deserialize, Serialize};

/// dom0 → helper, first: what to back up and with which keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BackupJob {
    /// The argument with which to call `qib.Put`.
    pub session: SessionId,
    /// Whom to call.
    pub storage: QubeName,
    /// Whose volume it is.
    pub qube: QubeId,
    /// The number that the snapshot will have.
    pub sequence: u64,
    /// dom0's time, in seconds since 1970.
    pub now: i64,
    /// The time of the last snapshot, if there is one.
    pub previous: Option<i64>,
    /// What to leave out for what it is or where programs put it.
    pub rules: Rules,
    /// What to leave out for its path, and what not.
    pub paths: PathRules,
    /// Read and count, put nothing.
    pub dry_run: bool,
    /// How hard to compress.
    pub compression: Compression,
    /// Keys chunk ids.
    pub chunk_key: ChunkKey,
    /// Decides where large files are cut.
    pub cut_key: CutKey,
    /// The seed of the identity that index objects are sealed to.
    pub index_seed: IndexSeed,
    /// Seals the list of packs.
    pub packs_key: PacksKey,
    /// Whom packs and the snapshot are sealed to.
    pub data_recipient: Recipient,
    /// The index objects to use, oldest first.
    pub index: IndexObjects,
}

/// Index objects, oldest first. **Invariant:** at most [`MAX_INDEX_OBJECTS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Digest>", into = "Vec<Digest>")]
pub struct IndexObjects(Vec<Digest>);

/// Packs of a job. **Invariant:** at most [`MAX_PACKS_IN_MESSAGE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<LivePack>", into = "Vec<LivePack>")]
pub struct LivePackList(Vec<LivePack>);

macro_rules! at_most {
    ($name:ident, $item:ty, $limit:expr) => {
        impl $name {
            /// The items.
            pub fn items(&self) -> &[$item] {
                &self.0
            }
        }

        impl TryFrom<Vec<$item>> for $name {
            type Error = &'static str;

            fn try_from(untrusted_items: Vec<$item>) -> Result<Self, Self::Error> {
                if untrusted_items.len() > $limit {
                    return Err("too many items");
                }
                Ok(Self(untrusted_items))
            }
        }

        impl From<$name> for Vec<$item> {
            fn from(list: $name) -> Self {
                list.0
            }
        }
    };
}

at_most!(IndexObjects, Digest, MAX_INDEX_OBJECTS);
at_most!(LivePackList, LivePack, MAX_PACKS_IN_MESSAGE);

/// dom0 → helper, any number of times: packs that are live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivePacks {
    /// The packs.
    pub packs: LivePackList,
}

/// A pack whose chunks may be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivePack {
    /// Which.
    pub digest: Digest,
    /// Bytes in it that the last snapshot needs.
    pub live_bytes: u64,
    /// True when the last snapshot needs it; false for a pack of an interrupted session.
    pub in_last_snapshot: bool,
}

/// dom0 → helper: the job is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobEnd {}

/// helper → dom0, once, before the work begins: how the volume is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// By whom, and as what.
    pub manner: Manner,
}

/// helper → dom0, now and then: how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What was done so far.
    pub counts: Counts,
}

/// helper → dom0: what was stored up to here can be used by a later session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partial {
    /// The index object that says where it lies.
    pub index: Digest,
    /// The `packs` object that lists its packs.
    pub packs: Digest,
}

/// helper → dom0, last: the backup is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupSummary {
    /// What was stored; none in a dry run.
    pub stored: Option<StoredBackup>,
    /// What was done.
    pub counts: Counts,
    /// What was left out.
    pub left_out: LeftOuts,
    /// Lines of the qube's own file of rules that are patterns.
    pub suggestions: u32,
    /// What a dry run found out besides; none in others.
    pub findings: Option<Findings>,
}

/// The objects that make a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredBackup {
    /// The snapshot object.
    pub snapshot: Digest,
    /// The `packs` object.
    pub packs: Digest,
    /// A new index object, if there was anything to note.
    pub index: Option<Digest>,
    /// Which of the job's index objects still count: bit n for the n-th.
    pub kept_index: u64,
}
