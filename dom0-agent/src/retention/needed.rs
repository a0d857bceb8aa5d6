//! Which objects of a history are needed: by a kept snapshot, by one that was forgotten only
//! just now, or by the next session.

use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use crate::live::Live;
use qib_rpc::id::Digest;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::HashSet;

/// Kinds of objects that can be needed no longer. Snapshots go first, so that none is ever
/// there without its packs.
pub const KINDS: [Kind; 4] = [Kind::Snapshot, Kind::Packs, Kind::Index, Kind::Pack];

/// What is needed of a history.
pub struct Needed<'a> {
    history: &'a History,
    /// Numbers of the snapshots that count, in order.
    sequences: Vec<u64>,
    /// Packs that the next session may build upon.
    live: HashSet<Digest>,
    /// Everything needed that is no pack, in order.
    others: Vec<ObjectName>,
}

impl<'a> Needed<'a> {
    /// Finds it out. A snapshot that was forgotten less than `grace` seconds before `now`, or
    /// after it, still counts.
    pub fn new(history: &'a History, live: &Live, now: i64, grace: i64) -> Self {
        let oldest = now.saturating_sub(grace);
        let young = history
            .forgotten()
            .filter(|forgotten| forgotten.time > oldest);
        let young = young.map(|forgotten| &forgotten.snapshot);
        let count: Vec<&SnapshotRecord> = history.snapshots.iter().chain(young).collect();
        let mut sequences: Vec<u64> = count.iter().map(|snapshot| snapshot.sequence).collect();
        sequences.sort_unstable();
        let name = |kind| move |digest| ObjectName { kind, digest };
        let snapshots = count.iter().map(|snapshot| snapshot.snapshot);
        let partials = history.partials.iter().map(|partial| partial.packs);
        let mut others: Vec<ObjectName> = snapshots.map(name(Kind::Snapshot)).collect();
        others.extend(partials.map(name(Kind::Packs)));
        let mut last: &[Digest] = &[];
        for list in count
            .iter()
            .map(|snapshot| &snapshot.index)
            .chain([&live.index])
        {
            // Most of them the snapshot before had too.
            let new = list.items().iter().filter(|index| !last.contains(index));
            others.extend(new.copied().map(name(Kind::Index)));
            last = list.items();
        }
        others.sort_unstable();
        others.dedup();
        Self {
            history,
            sequences,
            live: live.packs.iter().map(|pack| pack.digest).collect(),
            others,
        }
    }

    /// True when the object must stay.
    pub fn has(&self, name: ObjectName) -> bool {
        match name.kind {
            Kind::Pack => self.has_pack(&name.digest),
            Kind::Snapshot | Kind::Packs | Kind::Index => self.others.binary_search(&name).is_ok(),
            // Whatever else lies there is not ours to remove.
            _ => true,
        }
    }

    fn has_pack(&self, pack: &Digest) -> bool {
        let known = self.history.packs.get(pack);
        self.live.contains(pack) || known.is_some_and(|pack| pack.is_needed_by_any(&self.sequences))
    }

    /// How many objects of this kind the kept snapshots and the next session need.
    pub fn count(&self, kind: Kind) -> usize {
        if kind != Kind::Pack {
            return self.others.iter().filter(|name| name.kind == kind).count();
        }
        let known = self.history.packs.iter();
        let needed = known.filter(|(_, pack)| pack.is_needed_by_any(&self.sequences));
        let is_other = |pack: &&Digest| self.history.packs.get(pack).is_none();
        needed.count() + self.live.iter().filter(is_other).count()
    }
}
