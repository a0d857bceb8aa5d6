//! Pruning one history: what nothing needs goes to the storage qube's trash, and what has lain
//! there for long enough is removed.
//!
//! What is needed is known from the ledger alone. Storage's list only says what else lies
//! there: one that leaves objects out has them stay, and one that names needed objects changes
//! nothing. Every step can be done again, so whoever dies in the middle has lost nothing.

use crate::error::{Error, Result};
use crate::ledger::book::{History, Pack};
use crate::ledger::record::{MAX_CHANGES, MAX_SEQUENCES, Record};
use crate::live;
use crate::machine::{Installation, Machine};
use crate::retention::needed::{KINDS, Needed};
use crate::trash::Trash;
use qib_rpc::id::{Digest, QubeId};
use qib_rpc::message::forget::{ListedObject, Moved};
use qib_rpc::object::{Kind, ObjectName};
use std::collections::HashSet;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// What one prune has sent again at most, in bytes that are still needed.
const MOST_BYTES_SENT_AGAIN: u64 = 1 << 30;

/// How the user wants it done.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Days for which what was forgotten stays where it is.
    pub grace_days: u32,
    /// Days for which it then stays in the trash, at least.
    pub trash_days: u32,
    /// Look, and move nothing.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pruned {
    /// What stays.
    pub kept: Moved,
    /// Needed objects that storage does not list.
    pub missing: u64,
    /// What went to the trash, or would go.
    pub trashed: Moved,
    /// Needed objects that were in the trash, and came back.
    pub back: u64,
    /// What was removed for ever.
    pub removed: Moved,
    /// What is in the trash now.
    pub in_trash: Moved,
    /// Packs of which little is needed: that is stored again by the next backup.
    pub send_again: u64,
}

/// Prunes the history of this id, under dom0's lock: no session of it can be alive.
///
/// # Errors
/// When storage refuses or the line breaks. What was done before is whole.
pub fn prune(
    machine: &Machine,
    installation: &mut Installation,
    qube: QubeId,
    how: How,
) -> Result<Pruned> {
    let live = live::read(machine, installation, qube)?;
    let history = installation.ledger.book.history(qube);
    let history =
        history.ok_or_else(|| Error::Ledger("the ledger does not know the qube".to_owned()))?;
    let grace = i64::from(how.grace_days).saturating_mul(DAY_SECONDS);
    let mut work = Work {
        trash: Trash::start(machine, history.storage()?)?,
        history,
        needed: Needed::new(history, &live, machine.now(), grace),
        now: machine.now(),
        how,
        snapshots: HashSet::new(),
        pruned: Pruned::default(),
    };
    for kind in KINDS {
        work.kind(kind)?;
    }
    work.trash()?;
    let Work {
        snapshots,
        mut pruned,
        ..
    } = work;
    let gone = gone(history, &snapshots);
    let again = mostly_dead(history);
    pruned.send_again = u64::try_from(again.len()).unwrap_or(u64::MAX);
    if !how.dry_run {
        for sequences in gone.chunks(MAX_SEQUENCES) {
            let sequences = sequences.to_vec();
            installation
                .ledger
                .append(Record::Gone { qube, sequences })?;
        }
        for packs in again.chunks(MAX_CHANGES) {
            let packs = packs.to_vec();
            installation
                .ledger
                .append(Record::SendAgain { qube, packs })?;
        }
    }
    Ok(pruned)
}

struct Work<'a> {
    trash: Trash,
    history: &'a History,
    needed: Needed<'a>,
    now: i64,
    how: How,
    /// Snapshot objects that storage has, in the trash or not.
    snapshots: HashSet<Digest>,
    pruned: Pruned,
}

impl Work<'_> {
    /// Moves what is not needed of a kind to the trash.
    fn kind(&mut self, kind: Kind) -> Result<()> {
        let prefix = self.history.qube.prefix;
        let (needed, pruned) = (&self.needed, &mut self.pruned);
        let mut found = HashSet::new();
        let mut dead = Vec::new();
        self.trash.each(prefix, kind, |object| {
            if needed.has(object.name) {
                count(&mut pruned.kept, object);
                found.insert(object.name.digest);
            } else {
                count(&mut pruned.trashed, object);
                dead.push(object.name);
            }
        })?;
        let missing = needed.count(kind).saturating_sub(found.len());
        pruned.missing = pruned
            .missing
            .saturating_add(u64::try_from(missing).unwrap_or(u64::MAX));
        if kind == Kind::Snapshot {
            self.snapshots
                .extend(found.into_iter().chain(dead.iter().map(|name| name.digest)));
        }
        if self.how.dry_run {
            return Ok(());
        }
        self.trash.trash(prefix, self.now, &dead)
    }

    /// Brings back what is needed, and empties the trash of what is old.
    fn trash(&mut self) -> Result<()> {
        let (prefix, needed) = (self.history.qube.prefix, &self.needed);
        let mut wanted: Vec<ObjectName> = Vec::new();
        let note = |object: ListedObject, wanted: &mut Vec<ObjectName>| {
            if needed.has(object.name) {
                wanted.push(object.name);
            }
        };
        self.trash
            .each_trashed(prefix, |object| note(object, &mut wanted))?;
        if !self.how.dry_run {
            self.pruned.back = self.trash.undelete(prefix, &wanted)?;
            self.pruned.removed = self.trash.empty(prefix, self.now, self.how.trash_days)?;
        }
        let (pruned, snapshots) = (&mut self.pruned, &mut self.snapshots);
        pruned.missing = pruned.missing.saturating_sub(pruned.back);
        self.trash.each_trashed(prefix, |object| {
            count(&mut pruned.in_trash, object);
            if object.name.kind == Kind::Snapshot {
                snapshots.insert(object.name.digest);
            }
        })
    }
}

fn count(moved: &mut Moved, object: ListedObject) {
    moved.objects = moved.objects.saturating_add(1);
    moved.bytes = moved.bytes.saturating_add(object.bytes);
}

/// The forgotten snapshots that nothing is left of.
fn gone(history: &History, there: &HashSet<Digest>) -> Vec<u64> {
    let forgotten = history
        .forgotten()
        .map(|forgotten| &forgotten.snapshot)
        .filter(|snapshot| !there.contains(&snapshot.snapshot));
    forgotten.map(|snapshot| snapshot.sequence).collect()
}

/// Packs of which the last snapshot needs little, those with the least first. A session that
/// was interrupted may still need them.
fn mostly_dead(history: &History) -> Vec<Digest> {
    if !history.partials.is_empty() {
        return Vec::new();
    }
    let mut dead: Vec<(&Digest, &Pack)> = history
        .packs
        .live()
        .filter(|(_, pack)| pack.is_mostly_dead())
        .collect();
    dead.sort_by_key(|(_, pack)| pack.live_bytes());
    let mut bytes = 0u64;
    let within = |(_, pack): &&(&Digest, &Pack)| {
        bytes = bytes.saturating_add(pack.live_bytes());
        bytes <= MOST_BYTES_SENT_AGAIN
    };
    dead.iter()
        .take_while(within)
        .map(|(digest, _)| **digest)
        .collect()
}
