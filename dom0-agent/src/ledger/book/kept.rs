//! Which snapshots are kept: forgetting them, calling them back, and locks.

use super::{Contradiction, History};
use crate::ledger::record::SnapshotRecord;
use qib_rpc::id::Digest;
use std::collections::BTreeSet;

/// A snapshot that is kept no longer. Until its objects are gone it can be called back.
pub struct Forgotten {
    /// When it was forgotten, by dom0's clock, in seconds since 1970.
    pub time: i64,
    /// What it was.
    pub snapshot: SnapshotRecord,
}

impl History {
    /// The kept snapshot of this number.
    pub fn snapshot(&self, sequence: u64) -> Option<&SnapshotRecord> {
        let place = self
            .snapshots
            .binary_search_by_key(&sequence, |snapshot| snapshot.sequence);
        self.snapshots.get(place.ok()?)
    }

    /// The numbers of the snapshots that are kept, in order.
    pub fn sequences(&self) -> Vec<u64> {
        let kept = self.snapshots.iter();
        kept.map(|snapshot| snapshot.sequence).collect()
    }

    /// The snapshots that were forgotten and can be called back, in the order of their numbers.
    pub fn forgotten(&self) -> impl Iterator<Item = &Forgotten> {
        self.forgotten.values()
    }

    /// True when no policy may forget the snapshot of this number.
    pub fn is_locked(&self, sequence: u64) -> bool {
        self.locked.contains(&sequence)
    }

    pub(super) fn lock(&mut self, sequence: u64, locked: bool) -> Result<(), Contradiction> {
        self.snapshot(sequence).ok_or(Contradiction)?;
        if locked {
            self.locked.insert(sequence);
        } else {
            self.locked.remove(&sequence);
        }
        Ok(())
    }

    /// What only the newest snapshots needed leaves the live packs at once.
    pub(super) fn forget(&mut self, time: i64, sequences: &[u64]) -> Result<(), Contradiction> {
        let named: BTreeSet<u64> = sequences.iter().copied().collect();
        let may = |sequence: &u64| self.snapshot(*sequence).is_some() && !self.is_locked(*sequence);
        if named.len() != sequences.len() || !named.iter().all(may) {
            return Err(Contradiction);
        }
        let gone = self
            .snapshots
            .extract_if(.., |snapshot| named.contains(&snapshot.sequence));
        let forgotten = gone.map(|snapshot| (snapshot.sequence, Forgotten { time, snapshot }));
        self.forgotten.extend(forgotten);
        let newest = self.snapshots.last().map_or(0, |last| last.sequence);
        if newest < self.last_sequence {
            let next = self.next_sequence();
            self.packs.end_since(newest.saturating_add(1), next);
        }
        Ok(())
    }

    pub(super) fn recall(&mut self, sequence: u64) -> Result<(), Contradiction> {
        let Forgotten { snapshot, .. } = self.forgotten.remove(&sequence).ok_or(Contradiction)?;
        let place = self
            .snapshots
            .partition_point(|kept| kept.sequence < sequence);
        self.snapshots.insert(place, snapshot);
        Ok(())
    }

    /// Nobody can call them back any more.
    pub(super) fn lose_forgotten(&mut self, sequences: &[u64]) -> Result<(), Contradiction> {
        for sequence in sequences {
            self.forgotten.remove(sequence).ok_or(Contradiction)?;
        }
        let mut left = self.sequences();
        left.extend(self.forgotten.keys());
        left.sort_unstable();
        self.packs.retain(&left);
        Ok(())
    }

    /// The next session does not build upon these packs, and stores again what it needs of them.
    pub(super) fn send_again(&mut self, packs: &[Digest]) -> Result<(), Contradiction> {
        let next = self.next_sequence();
        packs.iter().try_for_each(|pack| self.packs.end(pack, next))
    }
}
