//! How the backups of a volume stand: what the ledger says, and what is due by now.

mod chart;
mod html;

use crate::age::{Age, BACKUP_DAYS};
use crate::ledger::book::History;
use crate::ledger::proofs::{Proof, ProofRecord};
use crate::ledger::record::SnapshotRecord;
use crate::verify::needed_by;
use qib_rpc::object::ObjectName;
use std::fmt;

pub use html::{growth, page, problems};

/// A proof by digests that is older, in days, is due.
const DIGESTS_DAYS: u32 = 30;

/// A proof by opening or restoring that is older, in days, is due; it proves the sealed keys too.
const OPENED_DAYS: u32 = 90;

/// Something that is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A backup.
    Backup,
    /// `qib verify`.
    Digests,
    /// `qib verify --open`, or `qib drill`.
    Opened,
}

/// How one volume stands.
pub struct Standing<'a> {
    /// What the ledger says of it.
    pub history: &'a History,
    /// Its last backup.
    pub last: Option<&'a SnapshotRecord>,
    /// How old that is.
    pub age: Option<Age>,
    /// By how much it is larger than the one before, in bytes.
    pub growth: i64,
    /// What is lost and a kept snapshot needs, with the numbers of those snapshots.
    pub lost: Vec<(ObjectName, Vec<u64>)>,
    /// What is to be done.
    pub due: Vec<Due>,
}

impl<'a> Standing<'a> {
    /// How it stands at a time in seconds since 1970.
    pub fn new(history: &'a History, now: i64) -> Self {
        let lost = history.proofs.lost().filter_map(|object| {
            let needing = needed_by(history, object);
            (!needing.is_empty()).then_some((*object, needing))
        });
        Self {
            history,
            last: history.newest(),
            age: Age::of_volume(history, now),
            growth: grown(&history.snapshots),
            lost: lost.collect(),
            due: due(history, now),
        }
    }

    /// True when somebody should do something.
    pub fn needs_attention(&self) -> bool {
        !self.due.is_empty() || !self.lost.is_empty() || self.history.frozen().is_some()
    }

    /// The last good proof of the strongest kind that there is.
    pub fn proved(&self) -> Option<&ProofRecord> {
        let strongest_first = [Proof::Drilled, Proof::Opened, Proof::Digests, Proof::Sample];
        let mut good = strongest_first
            .into_iter()
            .filter_map(|proof| self.history.proofs.good(proof));
        good.next()
    }
}

/// Nothing is due of a volume that has no snapshot: nobody wanted it backed up.
fn due(history: &History, now: i64) -> Vec<Due> {
    let (Some(first), Some(last)) = (history.snapshots.first(), history.newest()) else {
        return Vec::new();
    };
    let proofs = &history.proofs;
    let since = |kinds: &[Proof]| {
        let times = kinds.iter().filter_map(|kind| proofs.good(*kind));
        times.map(|proof| proof.time).max().unwrap_or(first.time)
    };
    let all = [
        (Due::Backup, last.time, BACKUP_DAYS),
        (
            Due::Digests,
            since(&[Proof::Digests, Proof::Opened, Proof::Drilled]),
            DIGESTS_DAYS,
        ),
        (
            Due::Opened,
            since(&[Proof::Opened, Proof::Drilled]),
            OPENED_DAYS,
        ),
    ];
    let due = all
        .into_iter()
        .filter(|(_, time, days)| Age::of(*time, now).is_over(*days));
    due.map(|(due, ..)| due).collect()
}

fn grown(snapshots: &[SnapshotRecord]) -> i64 {
    let bytes =
        |snapshot: &SnapshotRecord| i64::try_from(snapshot.counts.file_bytes).unwrap_or(i64::MAX);
    match snapshots {
        [.., before, last] => bytes(last).saturating_sub(bytes(before)),
        _ => 0,
    }
}

impl Due {
    /// The same, as programs are told.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Digests => "verify",
            Self::Opened => "open",
        }
    }
}

impl fmt::Display for Due {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Backup => "its last backup is more than 7 days old: 'qib backup'",
            Self::Digests => "it was not proved for more than 30 days: 'qib verify'",
            Self::Opened => {
                "it was not opened for more than 90 days: 'qib verify --open' or 'qib drill'"
            }
        })
    }
}
