//! What the ledger names: every object that kept snapshots need.

use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use crate::machine::Machine;
use qib_rpc::id::{Digest, Prefix, QubeId};
use qib_rpc::name::QubeName;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::{BTreeMap, BTreeSet};

/// How much of it is looked at.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// Everything.
    All,
    /// So many of a hundred objects, chosen at random.
    Sample(u8),
    /// What the snapshots of the last so many seconds need and none before them.
    Since(i64),
}

/// Which objects of one volume are looked at.
pub struct Named {
    /// Whose.
    pub qube: QubeId,
    /// Its name.
    pub name: QubeName,
    /// The storage qube where they lie.
    pub storage: Destination,
    /// Where they lie there.
    pub prefix: Prefix,
    /// The newest snapshot among those looked at.
    pub newest: u64,
    /// The objects, with their bytes at storage as far as the ledger says.
    pub objects: BTreeMap<ObjectName, u64>,
    /// True when it is everything that all snapshots need.
    pub is_all: bool,
}

/// The objects that are to be looked at.
///
/// # Errors
/// When there is no such snapshot, or the system has no randomness.
pub fn named(
    machine: &Machine,
    history: &History,
    amount: Amount,
    sequence: Option<u64>,
) -> Result<Named> {
    let since = match amount {
        Amount::Since(seconds) => machine.now().saturating_sub(seconds),
        Amount::All | Amount::Sample(_) => i64::MIN,
    };
    let is_wanted = |snapshot: &&SnapshotRecord| {
        sequence.is_none_or(|one| snapshot.sequence == one) && snapshot.time >= since
    };
    let snapshots: Vec<&SnapshotRecord> = history.snapshots.iter().filter(is_wanted).collect();
    let Some(newest) = snapshots.last().map(|newest| newest.sequence) else {
        let text = format!("{}: there is no such snapshot", history.qube.name);
        return Err(Error::Restore(text));
    };
    let older = history.snapshots.iter().filter(|old| old.time < since);
    let before = older.map(|old| old.sequence).max();
    let mut named = Named {
        qube: history.qube.id,
        name: history.qube.name.clone(),
        storage: history.storage()?.clone(),
        prefix: history.qube.prefix,
        newest,
        objects: BTreeMap::new(),
        is_all: matches!(amount, Amount::All) && sequence.is_none(),
    };
    for snapshot in snapshots {
        named.add_snapshot(history, snapshot, before);
    }
    if let Amount::Sample(percent) = amount {
        named.sample(machine, percent)?;
    }
    Ok(named)
}

impl Named {
    fn add_snapshot(&mut self, history: &History, snapshot: &SnapshotRecord, before: Option<u64>) {
        self.add(Kind::Snapshot, &snapshot.snapshot, 0);
        for (digest, pack) in history.packs.needed_by(snapshot.sequence) {
            if before.is_none_or(|before| !pack.is_needed_by(before)) {
                self.add(Kind::Pack, digest, pack.stored_bytes());
            }
        }
        let last = history.snapshots.last().map(|last| last.sequence);
        if last == Some(snapshot.sequence) {
            for index in history.index.items() {
                self.add(Kind::Index, index, 0);
            }
            for partial in &history.partials {
                self.add(Kind::Packs, &partial.packs, 0);
                self.add(Kind::Index, &partial.index, 0);
            }
            let sealed = ObjectName::of(Kind::Key, history.qube.sealed.expose());
            self.add(sealed.kind, &sealed.digest, 0);
        }
    }

    fn add(&mut self, kind: Kind, digest: &Digest, bytes: u64) {
        let digest = *digest;
        self.objects.insert(ObjectName { kind, digest }, bytes);
    }

    /// Keeps so many of a hundred objects, one at least.
    fn sample(&mut self, machine: &Machine, percent: u8) -> Result<()> {
        let mut random = vec![0; self.objects.len().saturating_mul(4)];
        machine.fill_random(&mut random)?;
        let draws = random.chunks_exact(4).map(<[u8]>::to_vec);
        let mut drawn: Vec<(Vec<u8>, ObjectName)> =
            draws.zip(self.objects.keys().copied()).collect();
        drawn.sort_unstable();
        let count = drawn.len().saturating_mul(percent.into()).div_ceil(100);
        let chosen: BTreeSet<ObjectName> =
            drawn.iter().take(count).map(|(_, name)| *name).collect();
        self.objects.retain(|object, _| chosen.contains(object));
        Ok(())
    }
}

/// The numbers of the kept snapshots that need an object.
pub fn needed_by(history: &History, object: &ObjectName) -> Vec<u64> {
    let pack = history.packs.get(&object.digest);
    let needs = |snapshot: &&SnapshotRecord| match object.kind {
        Kind::Pack => pack.is_some_and(|pack| pack.is_needed_by(snapshot.sequence)),
        Kind::Snapshot => snapshot.snapshot == object.digest,
        // These make the next backup quick, or dom0 has its own.
        Kind::Index
        | Kind::Key
        | Kind::Packs
        | Kind::Kit
        | Kind::Ledger
        | Kind::Settings
        | Kind::Dom0 => false,
    };
    let needing = history.snapshots.iter().filter(needs);
    needing.map(|snapshot| snapshot.sequence).collect()
}
