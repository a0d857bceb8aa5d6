//! What the ledger's records amount to: qubes, their snapshots and live packs.

use crate::ledger::record::{
    Change, Class, PackChange, PartialRecord, QubeRecord, Record, SnapshotRecord,
};
use crate::part::Part;
use qib_rpc::id::{Digest, QubeId, SessionId};
use qib_rpc::key::Recipient;
use qib_rpc::name::QubeName;
use qib_rpc::reading::Manner;
use std::collections::BTreeMap;

/// Everything that the ledger says.
#[derive(Default)]
pub struct Book {
    master: Option<Recipient>,
    histories: BTreeMap<QubeId, History>,
}

/// Everything that the ledger says of one qube.
pub struct History {
    /// The qube.
    pub qube: QubeRecord,
    /// For a root volume: the history of its qube's private volume, and the qube's kind.
    pub root_of: Option<(QubeId, Class)>,
    /// Its snapshots, oldest first.
    pub snapshots: Vec<SnapshotRecord>,
    /// What interrupted sessions stored since the last snapshot.
    pub partials: Vec<PartialRecord>,
    /// The packs that the last snapshot needs, with the bytes that it needs of each,
    /// but for those that were found lost.
    pub packs: BTreeMap<Digest, u64>,
    /// A pack was found lost since the last snapshot.
    pub has_lost: bool,
    pending: Option<(SessionId, Vec<PackChange>)>,
    pending_manner: Option<(SessionId, Manner)>,
    /// How snapshots were made, by their numbers, where not by our own reader.
    manners: BTreeMap<u64, Manner>,
}

/// A record that contradicts an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction;

impl Book {
    /// The master recipient.
    pub fn master(&self) -> Option<&Recipient> {
        self.master.as_ref()
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

    /// The history of a qube that exists: by uuid where Qubes gives one, else by name.
    pub fn of_living(&self, name: &QubeName, uuid: Option<[u8; 16]>) -> Option<&History> {
        self.qubes()
            .find(|history| match (uuid, history.qube.uuid) {
                (Some(uuid), Some(known)) => uuid == known,
                _ => &history.qube.name == name,
            })
    }

    /// Every history under this name: several when a qube was made anew.
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
            Record::Qube(qube) => self.begin(History::new(qube, None)),
            Record::Renamed { qube, name } => {
                self.find(*qube)?.qube.name = name.clone();
                let is_root =
                    |history: &&mut History| history.root_of.is_some_and(|(of, _)| of == *qube);
                if let Some(root) = self.histories.values_mut().find(is_root) {
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
                history.has_lost = true;
                let known = history.packs.remove(pack);
                known.map(drop).ok_or(Contradiction)
            }
            Record::Read {
                qube,
                session,
                manner,
            } => {
                self.find(*qube)?.pending_manner = Some((*session, *manner));
                Ok(())
            }
            Record::Root { of, class, record } => {
                let is_qube = self.find(*of)?.root_of.is_none();
                if !is_qube || self.root(*of).is_some() {
                    return Err(Contradiction);
                }
                self.begin(History::new(record, Some((*of, *class))))
            }
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

    fn find(&mut self, qube: QubeId) -> Result<&mut History, Contradiction> {
        self.histories.get_mut(&qube).ok_or(Contradiction)
    }
}

impl History {
    fn new(qube: &QubeRecord, root_of: Option<(QubeId, Class)>) -> Self {
        Self {
            qube: qube.clone(),
            root_of,
            snapshots: Vec::new(),
            partials: Vec::new(),
            packs: BTreeMap::new(),
            has_lost: false,
            pending: None,
            pending_manner: None,
            manners: BTreeMap::new(),
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

    /// The number of the next snapshot.
    pub fn next_sequence(&self) -> u64 {
        self.snapshots
            .last()
            .map_or(1, |last| last.sequence.saturating_add(1))
    }

    /// How the volume was read for a snapshot.
    pub fn manner(&self, sequence: u64) -> Manner {
        self.manners.get(&sequence).copied().unwrap_or_default()
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
            let known = match change.change {
                Change::Added => self.packs.insert(change.pack, change.live_bytes).is_none(),
                Change::Changed => self.packs.insert(change.pack, change.live_bytes).is_some(),
                Change::Dropped => self.packs.remove(&change.pack).is_some(),
            };
            if !known {
                return Err(Contradiction);
            }
        }
        let manner = self.pending_manner.take();
        if let Some((_, manner)) = manner.filter(|(session, _)| *session == snapshot.session) {
            self.manners.insert(snapshot.sequence, manner);
        }
        self.has_lost = false;
        self.partials.clear();
        self.snapshots.push(snapshot.clone());
        Ok(())
    }
}
