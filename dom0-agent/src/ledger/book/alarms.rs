//! The alarms of one history, and whether they last.

use crate::alarm::Signs;
use crate::ledger::record::SnapshotRecord;
use qib_rpc::id::SessionId;
use std::collections::BTreeMap;

/// Alarms, by the numbers of the snapshots that raised them.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    pub(super) all: BTreeMap<u64, Signs>,
    pub(super) pending: Option<(SessionId, Signs)>,
    /// The user has looked at those up to this number.
    thawed: u64,
}

impl Alarms {
    pub(super) fn commit(&mut self, snapshot: &SnapshotRecord) {
        let pending = self.pending.take();
        if let Some((_, signs)) = pending.filter(|(session, _)| *session == snapshot.session) {
            self.all.insert(snapshot.sequence, signs);
        }
    }

    pub(super) fn thaw(&mut self) {
        self.thawed = self.all.keys().copied().max().unwrap_or(0);
    }

    pub(super) fn frozen(&self) -> Option<(u64, &Signs)> {
        let mut lasting = self.all.range(self.thawed.saturating_add(1)..);
        lasting.next().map(|(sequence, signs)| (*sequence, signs))
    }
}
