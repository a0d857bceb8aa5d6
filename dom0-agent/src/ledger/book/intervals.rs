//! Which snapshots need which packs: each pack is an interval of sequences, so that what any
//! snapshot needs is known from numbers alone.

use super::Contradiction;
use crate::ledger::record::{Change, PackChange};
use qib_rpc::id::Digest;
use std::collections::BTreeMap;
use std::ops::Range;

/// The end of the interval of a live pack.
const OPEN: u64 = u64::MAX;

/// A pack, and who needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pack {
    /// The number of the first snapshot that needs it.
    first: u64,
    /// The number of the first snapshot after that which can not need it.
    end: u64,
    /// Bytes of it that the first snapshot needs.
    first_bytes: u64,
    /// Bytes of it that the last snapshot in its interval needs.
    live_bytes: u64,
    /// Its size at storage as its helper said, in bytes.
    stored_bytes: u64,
}

impl Pack {
    /// True when the next session may build upon it.
    pub fn is_live(&self) -> bool {
        self.end == OPEN
    }

    /// True when the snapshot of this number needs it, if there is one.
    pub fn is_needed_by(&self, sequence: u64) -> bool {
        (self.first..self.end).contains(&sequence)
    }

    /// Which of these snapshots need it, by their places; their numbers are in order.
    pub fn needed_in(&self, ordered: &[u64]) -> Range<usize> {
        let from = ordered.partition_point(|sequence| *sequence < self.first);
        let to = ordered.partition_point(|sequence| *sequence < self.end);
        from..to
    }

    /// True when one of these snapshots needs it; their numbers are in order.
    pub fn is_needed_by_any(&self, ordered: &[u64]) -> bool {
        !self.needed_in(ordered).is_empty()
    }

    /// Bytes of it that the last snapshot in its interval needs.
    pub fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    /// Its size at storage as its helper said, in bytes.
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// True when the last snapshot needs less than a quarter of what the first one needed.
    pub fn is_mostly_dead(&self) -> bool {
        self.live_bytes < self.first_bytes / 4
    }
}

/// The packs of one history.
#[derive(Debug, Default)]
pub struct Packs(BTreeMap<Digest, Pack>);

impl Packs {
    /// The pack with this digest.
    pub fn get(&self, pack: &Digest) -> Option<&Pack> {
        self.0.get(pack)
    }

    /// Every pack.
    pub fn iter(&self) -> impl Iterator<Item = (&Digest, &Pack)> {
        self.0.iter()
    }

    /// The packs that the next session may build upon.
    pub fn live(&self) -> impl Iterator<Item = (&Digest, &Pack)> {
        self.iter().filter(|(_, pack)| pack.is_live())
    }

    /// True when the next session may build upon this pack.
    pub fn is_live(&self, pack: &Digest) -> bool {
        self.get(pack).is_some_and(Pack::is_live)
    }

    /// The packs that the snapshot of this number needs.
    pub fn needed_by(&self, sequence: u64) -> impl Iterator<Item = (&Digest, &Pack)> {
        self.iter()
            .filter(move |(_, pack)| pack.is_needed_by(sequence))
    }

    /// What the snapshot of this number changed. No pack that was there before is added again.
    pub(super) fn change(
        &mut self,
        change: &PackChange,
        sequence: u64,
    ) -> Result<(), Contradiction> {
        let live = self.0.get_mut(&change.pack);
        match (change.change, live) {
            (Change::Added, None) => {
                let pack = Pack {
                    first: sequence,
                    end: OPEN,
                    first_bytes: change.live_bytes,
                    live_bytes: change.live_bytes,
                    stored_bytes: change.stored_bytes,
                };
                self.0.insert(change.pack, pack);
                Ok(())
            }
            (Change::Changed, Some(pack)) if pack.is_live() => {
                pack.live_bytes = change.live_bytes;
                Ok(())
            }
            (Change::Dropped, Some(pack)) if pack.is_live() => {
                pack.end = sequence;
                Ok(())
            }
            _ => Err(Contradiction),
        }
    }

    /// From the snapshot of this number on none can need the pack.
    pub(super) fn end(&mut self, pack: &Digest, sequence: u64) -> Result<(), Contradiction> {
        let live = self.0.get_mut(pack).filter(|pack| pack.is_live());
        live.ok_or(Contradiction)?.end = sequence;
        Ok(())
    }

    /// Ends the packs of snapshots from this number on, as those are no more.
    pub(super) fn end_since(&mut self, first: u64, sequence: u64) {
        let since = |pack: &&mut Pack| pack.is_live() && pack.first >= first;
        for pack in self.0.values_mut().filter(since) {
            pack.end = sequence;
        }
    }

    /// Forgets the packs that none of these snapshots needs and the next session does not either.
    pub(super) fn retain(&mut self, ordered: &[u64]) {
        self.0
            .retain(|_, pack| pack.is_live() || pack.is_needed_by_any(ordered));
    }
}
