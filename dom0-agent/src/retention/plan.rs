//! What goes of a qube: its private volume's snapshots, those of its root volume that no kept
//! one of these is restored with, and the space that they leave.

use super::keep::{Taken, keep};
use super::policy::Policy;
use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use std::collections::BTreeSet;

/// What goes of one history.
pub struct Going<'a> {
    /// Which.
    pub history: &'a History,
    /// The numbers of the snapshots that go, in order.
    pub sequences: Vec<u64>,
}

/// What that frees, by the sizes that helpers said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Freed {
    /// Packs that no kept snapshot needs any more.
    pub packs: u64,
    /// Their size at storage, in bytes: it becomes free.
    pub bytes: u64,
    /// Size of the packs that some snapshot needs which goes and some which stays. What of it
    /// only the first need is not known, and stays until the pack is mostly dead.
    pub shared_bytes: u64,
}

/// What a policy lets go of a qube. Locked snapshots stay.
pub fn by_policy<'a>(
    policy: &Policy,
    private: &'a History,
    root: Option<&'a History>,
) -> Vec<Going<'a>> {
    if private.snapshots.is_empty() {
        // Its volume was never written to: there is nothing but the root volume.
        return root.into_iter().map(|root| alone(policy, root)).collect();
    }
    let going = alone(policy, private);
    with_root(going, root)
}

/// What goes when these snapshots of the private volume do.
pub fn with_root<'a>(going: Going<'a>, root: Option<&'a History>) -> Vec<Going<'a>> {
    let gone: BTreeSet<u64> = going.sequences.iter().copied().collect();
    let stays = |snapshot: &&SnapshotRecord| !gone.contains(&snapshot.sequence);
    let stay = going.history.snapshots.iter().filter(stays);
    let of_root = root.map(|root| {
        let mut kept: BTreeSet<u64> = stay.filter_map(|kept| pair(root, kept.time)).collect();
        if !kept.is_empty() {
            kept.extend(root.snapshots.last().map(|newest| newest.sequence));
            kept.extend(older_states(root));
        }
        but(root, &kept)
    });
    [going].into_iter().chain(of_root).collect()
}

/// The root volume's snapshot that a restore takes with a private volume of this time.
fn pair(root: &History, time: i64) -> Option<u64> {
    let is_state_of_then = |snapshot: &&SnapshotRecord| {
        snapshot.time <= time && root.revision(snapshot.sequence).is_none()
    };
    let found = root.snapshots.iter().rev().find(is_state_of_then);
    found.map(|snapshot| snapshot.sequence)
}

/// Snapshots that belong to none of the private volume.
fn older_states(root: &History) -> impl Iterator<Item = u64> {
    let sequences = root.sequences().into_iter();
    sequences.filter(|sequence| root.revision(*sequence).is_some())
}

/// What a policy lets go of one history. Snapshots of older states are counted by themselves,
/// by the dates of these.
fn alone<'a>(policy: &Policy, history: &'a History) -> Going<'a> {
    let (mut present, mut older) = (Vec::new(), Vec::new());
    for SnapshotRecord { sequence, time, .. } in &history.snapshots {
        let revision = history.revision(*sequence);
        let (series, time) = match revision {
            Some(revision) => (&mut older, revision.time),
            None => (&mut present, *time),
        };
        series.push(Taken {
            sequence: *sequence,
            time,
        });
    }
    older.sort_by_key(|taken| taken.time);
    let mut kept = keep(policy, &present);
    kept.extend(keep(policy, &older));
    but(history, &kept)
}

fn but<'a>(history: &'a History, kept: &BTreeSet<u64>) -> Going<'a> {
    let goes = |sequence: &u64| !kept.contains(sequence) && !history.is_locked(*sequence);
    Going {
        history,
        sequences: history.sequences().into_iter().filter(goes).collect(),
    }
}

impl Going<'_> {
    /// The numbers of the snapshots that stay, in order.
    pub fn stay(&self) -> Vec<u64> {
        let gone: BTreeSet<u64> = self.sequences.iter().copied().collect();
        let stays = |sequence: &u64| !gone.contains(sequence);
        self.history.sequences().into_iter().filter(stays).collect()
    }

    /// What it frees, once pruned.
    pub fn freed(&self) -> Freed {
        let stay = self.stay();
        let mut freed = Freed::default();
        let needed =
            |(_, pack): &(_, &crate::ledger::book::Pack)| pack.is_needed_by_any(&self.sequences);
        for (_, pack) in self.history.packs.iter().filter(needed) {
            let bytes = pack.stored_bytes();
            if pack.is_needed_by_any(&stay) {
                freed.shared_bytes = freed.shared_bytes.saturating_add(bytes);
            } else {
                freed.packs = freed.packs.saturating_add(1);
                freed.bytes = freed.bytes.saturating_add(bytes);
            }
        }
        freed
    }
}
