//! What the ledger's records amount to: qubes, their snapshots and live packs.

mod alarms;
mod intervals;
mod kept;
mod places;

use crate::alarm::Signs;
use crate::destination::Destination;
use crate::ledger::proofs::Proofs;
use crate::ledger::record::{Class, PackChange, PartialRecord, QubeRecord, Record, SnapshotRecord};
use crate::part::Part;
use crate::revision::Revision;
use alarms::Alarms;
pub use intervals::{Pack, Packs};
pub use kept::Forgotten;
pub use places::StoredDom0;
use qib_rpc::id::{Digest, QubeId, SessionId};
use qib_rpc::key::Recipient;
use qib_rpc::message::backup::IndexObjects;
use qib_rpc::name::QubeName;
use qib_rpc::object::{Kind, ObjectName};
use qib_rpc::reading::Manner;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the ledger says.
#[derive(Default)]
pub struct Book {
    master: Option<Recipient>,
    histories: BTreeMap<QubeId, History>,
    dom0: Vec<StoredDom0>,
}

/// Everything that the ledger says of one qube.
pub struct History {
    /// The qube.
    pub qube: QubeRecord,
    /// The storage qube where it lies; none where neither the ledger nor the configuration
    /// names one.
    pub storage: Option<Destination>,
    /// For a root volume: the history of its qube's private volume, and the qube's kind.
    pub root_of: Option<(QubeId, Class)>,
    /// Its snapshots that are kept, oldest first.
    pub snapshots: Vec<SnapshotRecord>,
    /// What interrupted sessions stored since the last snapshot.
    pub partials: Vec<PartialRecord>,
    /// Its packs, and which snapshots need them.
    pub packs: Packs,
    /// The index objects that the next session uses, oldest first.
    pub index: IndexObjects,
    /// Something was found lost since the last snapshot.
    pub has_lost: bool,
    /// It goes on no more: its qube has other keys, or will have with the next backup.
    pub is_closed: bool,
    /// The number of the last snapshot that was made, kept or not.
    last_sequence: u64,
    forgotten: BTreeMap<u64, Forgotten>,
    locked: BTreeSet<u64>,
    /// How the qube was set up, oldest first.
    pub settings: Vec<StoredSettings>,
    /// What was proved of it, and what was found lost.
    pub proofs: Proofs,
    alarms: Alarms,
    pending: Option<(SessionId, Vec<PackChange>)>,
    pending_manner: Option<(SessionId, Manner)>,
    pending_revision: Option<(SessionId, Revision)>,
    /// How snapshots were made, by their numbers, where not by our own reader.
    manners: BTreeMap<u64, Manner>,
    /// Which revisions snapshots are of, by their numbers, where not of the present state.
    revisions: BTreeMap<u64, Revision>,
}

/// How a qube was set up, from one time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredSettings {
    /// When it was read, in seconds since 1970.
    pub time: i64,
    /// The settings object.
    pub object: Digest,
    /// The number of the first snapshot that it is of.
    pub first: u64,
}

/// A record that contradicts an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction;

impl Book {
    /// The master recipient.
    pub fn master(&self) -> Option<&Recipient> {
        self.master.as_ref()
    }

    /// The snapshots of dom0 itself, oldest first.
    pub fn dom0(&self) -> &[StoredDom0] {
        &self.dom0
    }

    /// Every history, by the qube's id.
    pub fn histories(&self) -> impl Iterator<Item = &History> {
        self.histories.values()
    }

    /// The history of the qube with this id.
    pub fn history(&self, qube: QubeId) -> Option<&History> {
        self.histories.get(&qube)
    }

    /// The history of a qube's root volume, by the id of its private volume's.
    pub fn root(&self, of: QubeId) -> Option<&History> {
        self.histories()
            .find(|history| history.root_of.is_some_and(|(qube, _)| qube == of))
    }

    /// The histories of private volumes: one for each qube.
    fn qubes(&self) -> impl Iterator<Item = &History> {
        self.histories().filter(|history| history.root_of.is_none())
    }

    /// Every history under this name: several when a qube was made anew, or is stored at several
    /// storage qubes.
    pub fn named(&self, name: &QubeName) -> Vec<&History> {
        self.qubes()
            .filter(|history| &history.qube.name == name)
            .collect()
    }

    pub(super) fn apply(&mut self, record: &Record) -> Result<(), Contradiction> {
        match record {
            Record::Begin { master } => match self.master.replace(master.clone()) {
                None => Ok(()),
                Some(_) => Err(Contradiction),
            },
            Record::Qube(qube) => self.begin(History::new(qube, None, None)),
            Record::QubeAt { storage, record } => {
                self.begin(History::new(record, None, Some(storage.clone())))
            }
            Record::Moved { from, to } => {
                self.move_all(from, to);
                Ok(())
            }
            Record::Renamed { qube, name } => {
                self.find(*qube)?.qube.name = name.clone();
                if let Some(root) = self.root_mut(*qube) {
                    root.qube.name = name.clone();
                }
                Ok(())
            }
            Record::Partial(partial) => {
                self.find(partial.qube)?.partials.push(*partial);
                Ok(())
            }
            Record::PackChanges {
                qube,
                session,
                changes,
            } => {
                self.find(*qube)?.hold(*session, changes);
                Ok(())
            }
            Record::Snapshot(snapshot) => self.find(snapshot.qube)?.commit(snapshot),
            Record::PackLost { qube, pack } => {
                let history = self.find(*qube)?;
                history.lose(ObjectName {
                    kind: Kind::Pack,
                    digest: *pack,
                });
                history.send_again(&[*pack])
            }
            Record::ObjectLost { qube, object } => {
                self.find(*qube)?.lose(*object);
                Ok(())
            }
            Record::Proved(proof) => {
                self.find(proof.qube)?.proofs.note(proof);
                Ok(())
            }
            Record::Alarm {
                qube,
                session,
                signs,
            } => {
                self.find(*qube)?.alarms.pending = Some((*session, *signs));
                Ok(())
            }
            Record::Thawed { qube } => {
                self.find(*qube)?.alarms.thaw();
                Ok(())
            }
            Record::IdentityProved { qube, time } => {
                self.find(*qube)?.proofs.identity = Some(*time);
                Ok(())
            }
            Record::Read {
                qube,
                session,
                manner,
            } => {
                self.find(*qube)?.pending_manner = Some((*session, *manner));
                Ok(())
            }
            Record::Revision {
                qube,
                session,
                revision,
            } => {
                self.find(*qube)?.pending_revision = Some((*session, revision.clone()));
                Ok(())
            }
            Record::Root { of, class, record } => {
                let private = self.find(*of)?;
                let (is_qube, storage) = (private.root_of.is_none(), private.storage.clone());
                if !is_qube || self.root(*of).is_some() {
                    return Err(Contradiction);
                }
                self.begin(History::new(record, Some((*of, *class)), storage))
            }
            Record::Forgot {
                qube,
                time,
                sequences,
            } => self.find(*qube)?.forget(*time, sequences),
            Record::Recalled { qube, sequence } => self.find(*qube)?.recall(*sequence),
            Record::Gone { qube, sequences } => self.find(*qube)?.lose_forgotten(sequences),
            Record::Locked {
                qube,
                sequence,
                locked,
            } => self.find(*qube)?.lock(*sequence, *locked),
            Record::SendAgain { qube, packs } => self.find(*qube)?.send_again(packs),
            Record::Settings { qube, time, object } => {
                let history = self.find(*qube)?;
                if history.root_of.is_some() {
                    return Err(Contradiction);
                }
                history.settings.push(StoredSettings {
                    time: *time,
                    object: *object,
                    first: history.next_sequence(),
                });
                Ok(())
            }
            Record::Closed { qube } => {
                let history = self.find(*qube)?;
                if history.root_of.is_some() || history.is_closed {
                    return Err(Contradiction);
                }
                history.is_closed = true;
                if let Some(root) = self.root_mut(*qube) {
                    root.is_closed = true;
                }
                Ok(())
            }
            Record::Dom0(record) => self.add_dom0(None, record),
            Record::Dom0At { storage, record } => self.add_dom0(Some(storage), record),
        }
    }

    fn begin(&mut self, history: History) -> Result<(), Contradiction> {
        let id = history.qube.id;
        if self.histories.contains_key(&id) {
            return Err(Contradiction);
        }
        self.histories.insert(id, history);
        Ok(())
    }

    fn root_mut(&mut self, of: QubeId) -> Option<&mut History> {
        let mut all = self.histories.values_mut();
        all.find(|history| history.root_of.is_some_and(|(qube, _)| qube == of))
    }

    fn find(&mut self, qube: QubeId) -> Result<&mut History, Contradiction> {
        self.histories.get_mut(&qube).ok_or(Contradiction)
    }
}

impl History {
    fn new(
        qube: &QubeRecord,
        root_of: Option<(QubeId, Class)>,
        storage: Option<Destination>,
    ) -> Self {
        Self {
            qube: qube.clone(),
            storage,
            root_of,
            snapshots: Vec::new(),
            partials: Vec::new(),
            packs: Packs::default(),
            index: IndexObjects::default(),
            has_lost: false,
            is_closed: false,
            last_sequence: 0,
            forgotten: BTreeMap::new(),
            locked: BTreeSet::new(),
            settings: Vec::new(),
            proofs: Proofs::default(),
            alarms: Alarms::default(),
            pending: None,
            pending_manner: None,
            pending_revision: None,
            manners: BTreeMap::new(),
            revisions: BTreeMap::new(),
        }
    }

    /// Which of its qube's volumes it is of.
    pub fn part(&self) -> Part {
        if self.root_of.is_some() {
            Part::Root
        } else {
            Part::Private
        }
    }

    /// The number of the next snapshot: none is given twice.
    pub fn next_sequence(&self) -> u64 {
        self.last_sequence.saturating_add(1)
    }

    /// How the volume was read for a snapshot.
    pub fn manner(&self, sequence: u64) -> Manner {
        self.manners.get(&sequence).copied().unwrap_or_default()
    }

    /// The older state that a snapshot is of, if it is not of the state at its time.
    pub fn revision(&self, sequence: u64) -> Option<&Revision> {
        self.revisions.get(&sequence)
    }

    /// True when a snapshot was made of this older state.
    pub fn has_revision(&self, revision: &Revision) -> bool {
        self.revisions.values().any(|known| known == revision)
    }

    /// The last snapshot of the state at its time; where all are of older states, the last.
    pub fn newest(&self) -> Option<&SnapshotRecord> {
        let is_present = |snapshot: &&SnapshotRecord| self.revision(snapshot.sequence).is_none();
        let newest = self.snapshots.iter().rev().find(is_present);
        newest.or_else(|| self.snapshots.last())
    }

    /// How the qube was set up when a snapshot was made.
    pub fn settings_of(&self, sequence: u64) -> Option<&StoredSettings> {
        let mut settings = self.settings.iter().rev();
        settings.find(|settings| settings.first <= sequence)
    }

    /// True when the snapshot of this number raised an alarm.
    pub fn has_alarm(&self, sequence: u64) -> bool {
        self.alarms.all.contains_key(&sequence)
    }

    /// The first snapshot that raised an alarm which the user has not looked at, and why. As
    /// long as there is one, nothing of this history may be forgotten.
    pub fn frozen(&self) -> Option<(u64, &Signs)> {
        self.alarms.frozen()
    }

    fn lose(&mut self, object: ObjectName) {
        self.has_lost = true;
        self.proofs.lost.insert(object);
    }

    /// Changes count only once the snapshot of their session follows.
    fn hold(&mut self, session: SessionId, changes: &[PackChange]) {
        match &mut self.pending {
            Some((pending, held)) if *pending == session => held.extend_from_slice(changes),
            other => *other = Some((session, changes.to_vec())),
        }
    }

    fn commit(&mut self, snapshot: &SnapshotRecord) -> Result<(), Contradiction> {
        if snapshot.sequence != self.next_sequence() {
            return Err(Contradiction);
        }
        let held = self
            .pending
            .take()
            .filter(|(session, _)| *session == snapshot.session);
        for change in held.into_iter().flat_map(|(_, changes)| changes) {
            self.packs.change(&change, snapshot.sequence)?;
        }
        let manner = self.pending_manner.take();
        if let Some((_, manner)) = manner.filter(|(session, _)| *session == snapshot.session) {
            self.manners.insert(snapshot.sequence, manner);
        }
        let revision = self.pending_revision.take();
        if let Some((_, revision)) = revision.filter(|(session, _)| *session == snapshot.session) {
            self.revisions.insert(snapshot.sequence, revision);
        }
        self.alarms.commit(snapshot);
        self.has_lost = false;
        self.partials.clear();
        self.last_sequence = snapshot.sequence;
        self.index = snapshot.index.clone();
        self.snapshots.push(snapshot.clone());
        Ok(())
    }
}
