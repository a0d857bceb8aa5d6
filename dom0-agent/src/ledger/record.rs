//! What the ledger says: the only thing that makes a snapshot exist.

use crate::alarm::Signs;
use crate::destination::Destination;
use crate::ledger::proofs::ProofRecord;
use crate::revision::Revision;
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::id::{Digest, Prefix, QubeId, SessionId};
use qib_rpc::key::{Recipient, SealedIdentity};
use qib_rpc::message::backup::IndexObjects;
use qib_rpc::name::QubeName;
use qib_rpc::object::ObjectName;
use qib_rpc::reading::Manner;
use serde::{Deserialize, Serialize};

/// One record. Variants are only appended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// First of all: whom qubes' identities are sealed to.
    Begin {
        /// The master recipient.
        master: Recipient,
    },
    /// A qube that qib backs up, at the storage qube that the configuration names.
    Qube(QubeRecord),
    /// A qube has another name now.
    Renamed {
        /// Which.
        qube: QubeId,
        /// Its new name.
        name: QubeName,
    },
    /// What an interrupted session had stored can be used.
    Partial(PartialRecord),
    /// Packs that a session added, dropped or changed; counts once its snapshot follows.
    PackChanges {
        /// Whose.
        qube: QubeId,
        /// Of which session.
        session: SessionId,
        /// At most [`MAX_CHANGES`].
        changes: Vec<PackChange>,
    },
    /// A finished backup.
    Snapshot(Box<SnapshotRecord>),
    /// A pack was found missing or damaged: nothing may build upon it.
    PackLost {
        /// Whose.
        qube: QubeId,
        /// Which.
        pack: Digest,
    },
    /// How a session read its volume; counts once its snapshot follows. One without it
    /// was read by qib's own reader.
    Read {
        /// Whose.
        qube: QubeId,
        /// Which session.
        session: SessionId,
        /// By whom, and as what.
        manner: Manner,
    },
    /// The root volume of a qube that has one of its own: another history.
    Root {
        /// The qube, by the id of the history of its private volume.
        of: QubeId,
        /// What kind of qube it is.
        class: Class,
        /// The root volume's own id, keys and prefix.
        record: QubeRecord,
    },
    /// Snapshots that are kept no longer.
    Forgot {
        /// Whose.
        qube: QubeId,
        /// dom0's time, in seconds since 1970.
        time: i64,
        /// Their numbers, at most [`MAX_SEQUENCES`].
        sequences: Vec<u64>,
    },
    /// A snapshot that was forgotten is kept again; all its objects are there.
    Recalled {
        /// Whose.
        qube: QubeId,
        /// Its number.
        sequence: u64,
    },
    /// Forgotten snapshots whose objects storage has no longer.
    Gone {
        /// Whose.
        qube: QubeId,
        /// Their numbers, at most [`MAX_SEQUENCES`].
        sequences: Vec<u64>,
    },
    /// A snapshot that no policy forgets, or one that it may forget again.
    Locked {
        /// Whose.
        qube: QubeId,
        /// Its number.
        sequence: u64,
        /// Which of the two.
        locked: bool,
    },
    /// Packs of which the last snapshot needs little: nothing builds upon them, and what is
    /// still needed of them is stored again.
    SendAgain {
        /// Whose.
        qube: QubeId,
        /// Which, at most [`MAX_CHANGES`].
        packs: Vec<Digest>,
    },
    /// A session read an older state that the pool keeps; counts once its snapshot follows.
    Revision {
        /// Whose.
        qube: QubeId,
        /// Which session.
        session: SessionId,
        /// Which state.
        revision: Revision,
    },
    /// How a qube is set up, from here on until the next one.
    Settings {
        /// The qube, by the id of the history of its private volume.
        qube: QubeId,
        /// dom0's time when it was read, in seconds since 1970.
        time: i64,
        /// The settings object.
        object: Digest,
    },
    /// A snapshot of dom0 itself, at the storage qube that the configuration names.
    Dom0(Box<Dom0Record>),
    /// Something else than a pack was found missing or damaged.
    ObjectLost {
        /// Whose.
        qube: QubeId,
        /// Which.
        object: ObjectName,
    },
    /// What is stored was looked at.
    Proved(ProofRecord),
    /// A session's backup differs much more than those before: counts once its snapshot
    /// follows. From then on nothing of the volume's history may be forgotten.
    Alarm {
        /// Whose.
        qube: QubeId,
        /// Which session.
        session: SessionId,
        /// What is unusual.
        signs: Signs,
    },
    /// The user has looked at a volume's alarms: its history may be forgotten as ever.
    Thawed {
        /// Whose.
        qube: QubeId,
    },
    /// A sealed identity was opened with the passphrase, and its recipient is the qube's.
    IdentityProved {
        /// Whose.
        qube: QubeId,
        /// When, by dom0's clock, in seconds since 1970.
        time: i64,
    },
    /// A qube that qib backs up, and where: at another storage qube it has another history.
    QubeAt {
        /// The storage qube.
        storage: Destination,
        /// The qube's id, keys and prefix there.
        record: QubeRecord,
    },
    /// A snapshot of dom0 itself, and where.
    Dom0At {
        /// The storage qube.
        storage: Destination,
        /// The snapshot.
        record: Box<Dom0Record>,
    },
    /// What lay at one storage qube lies at another now: it was renamed, or its disk moved.
    Moved {
        /// Where it lay.
        from: Destination,
        /// Where it lies.
        to: Destination,
    },
    /// A qube's history goes on no more: the next backup to its storage qube begins another, with
    /// keys of its own.
    Closed {
        /// Whose, by the id of the history of its private volume.
        qube: QubeId,
    },
}

/// A kind of qube that has a root volume of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// It is based on no template.
    Standalone,
    /// Others are based on it.
    Template,
}

impl Class {
    /// The class with this name in Qubes; none for one whose root volume is another's.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Standalone, Self::Template]
            .into_iter()
            .find(|class| class.name() == name)
    }

    /// Its name in Qubes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standalone => "StandaloneVM",
            Self::Template => "TemplateVM",
        }
    }
}

/// Changes in one record, so that it stays within a message's limit.
pub const MAX_CHANGES: usize = 1000;

/// Numbers of snapshots in one record, for the same reason.
pub const MAX_SEQUENCES: usize = 4000;

/// A qube that qib backs up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QubeRecord {
    /// Its id, random.
    pub id: QubeId,
    /// Its uuid in Qubes, which survives renaming, where Qubes has one.
    pub uuid: Option<[u8; 16]>,
    /// Its name.
    pub name: QubeName,
    /// Where its objects lie.
    pub prefix: Prefix,
    /// Its data recipient.
    pub recipient: Recipient,
    /// Its data identity, sealed to the master recipient.
    pub sealed: SealedIdentity,
}

/// What an interrupted session had stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartialRecord {
    /// Whose.
    pub qube: QubeId,
    /// Which session.
    pub session: SessionId,
    /// The index object that says where it lies.
    pub index: Digest,
    /// The `packs` object that lists its packs.
    pub packs: Digest,
}

/// One pack that a session added, dropped or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackChange {
    /// Which.
    pub pack: Digest,
    /// What became of it.
    pub change: Change,
    /// Bytes in it that the snapshot needs.
    pub live_bytes: u64,
    /// Its size at storage, in bytes.
    pub stored_bytes: u64,
}

/// What became of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// The snapshot needs it, the one before did not.
    Added,
    /// The one before needed it.
    Dropped,
    /// Both need it, for other bytes.
    Changed,
}

/// A finished backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRecord {
    /// Whose.
    pub qube: QubeId,
    /// Made by which session.
    pub session: SessionId,
    /// 1 for the qube's first snapshot.
    pub sequence: u64,
    /// dom0's time when it began, in seconds since 1970.
    pub time: i64,
    /// The snapshot object.
    pub snapshot: Digest,
    /// The index objects that the next session uses, oldest first.
    pub index: IndexObjects,
    /// Size of the volume in bytes.
    pub volume_bytes: u64,
    /// What was done.
    pub counts: Counts,
    /// What was left out.
    pub left_out: LeftOuts,
}

/// A snapshot of dom0 itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dom0Record {
    /// 1 for the first.
    pub sequence: u64,
    /// dom0's time when it began, in seconds since 1970.
    pub time: i64,
    /// Its catalogues, in their order.
    pub catalogues: Vec<Digest>,
    /// Number of its files.
    pub files: u64,
    /// Number of its folders.
    pub folders: u64,
    /// Number of its links.
    pub links: u64,
    /// Size of its files, in bytes.
    pub file_bytes: u64,
}
