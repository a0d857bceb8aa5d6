//! Where histories lie: each at one storage qube. A qube that is stored at two has two.

use super::{Book, Contradiction, History};
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::getting::At;
use crate::ledger::record::Dom0Record;
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;

/// A snapshot of dom0 itself, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDom0 {
    /// The storage qube; none where neither the ledger nor the configuration names one.
    pub storage: Option<Destination>,
    /// The snapshot.
    pub record: Dom0Record,
}

impl History {
    /// The storage qube where it lies.
    ///
    /// # Errors
    /// When neither the ledger nor the configuration names one.
    pub fn storage(&self) -> Result<&Destination> {
        let storage = self.storage.as_ref();
        storage.ok_or_else(|| unsaid(self.qube.name.as_str()))
    }

    /// Where its objects lie.
    ///
    /// # Errors
    /// As [`Self::storage`].
    pub fn at(&self) -> Result<At<'_>> {
        Ok(At {
            storage: self.storage()?,
            prefix: self.qube.prefix,
        })
    }

    /// True when it lies at this storage qube.
    pub fn lies_at(&self, storage: &Destination) -> bool {
        self.storage.as_ref() == Some(storage)
    }
}

impl StoredDom0 {
    /// The storage qube where it lies.
    ///
    /// # Errors
    /// As [`History::storage`].
    pub fn storage(&self) -> Result<&Destination> {
        self.storage.as_ref().ok_or_else(|| unsaid("dom0"))
    }
}

impl Book {
    /// Takes what the ledger does not say the place of as lying at `storage`: it is from before
    /// there could be two.
    pub fn assume(&mut self, storage: &Destination) {
        for place in self.places() {
            place.get_or_insert_with(|| storage.clone());
        }
    }

    /// Every storage qube at which something lies.
    pub fn storages(&self) -> BTreeSet<Destination> {
        let histories = self
            .histories()
            .filter_map(|history| history.storage.as_ref());
        let dom0 = self
            .dom0
            .iter()
            .filter_map(|stored| stored.storage.as_ref());
        histories.chain(dom0).cloned().collect()
    }

    /// The name of the volume whose history this is, and the storage qube if there are several.
    pub fn label(&self, history: &History) -> String {
        let former = if history.is_closed {
            ", former keys"
        } else {
            ""
        };
        let volume = format!("{}{}{former}", history.qube.name, history.part().suffix());
        match &history.storage {
            Some(storage) if self.storages().len() > 1 => format!("{volume} at {storage}"),
            _ => volume,
        }
    }

    /// The histories of a qube that exists, one for each storage qube and each set of keys: by uuid
    /// where Qubes gives one, else by name.
    pub fn of_living(
        &self,
        name: &QubeName,
        uuid: Option<[u8; 16]>,
    ) -> impl Iterator<Item = &History> {
        self.qubes()
            .filter(move |history| match (uuid, history.qube.uuid) {
                (Some(uuid), Some(known)) => uuid == known,
                _ => &history.qube.name == name,
            })
    }

    /// The history of a qube that exists at a storage qube, and goes on there; of two that were
    /// moved together the one with the newest snapshot.
    pub fn living_at(
        &self,
        name: &QubeName,
        uuid: Option<[u8; 16]>,
        storage: &Destination,
    ) -> Option<&History> {
        let all = self.of_living(name, uuid);
        let there = all.filter(|history| history.lies_at(storage) && !history.is_closed);
        there.max_by_key(|history| history.snapshots.last().map(|last| last.time))
    }

    /// What lay at `from` lies at `to` now.
    pub(super) fn move_all(&mut self, from: &Destination, to: &Destination) {
        for place in self.places() {
            if place.as_ref() == Some(from) {
                *place = Some(to.clone());
            }
        }
    }

    pub(super) fn add_dom0(
        &mut self,
        storage: Option<&Destination>,
        record: &Dom0Record,
    ) -> std::result::Result<(), Contradiction> {
        let last = self.dom0.last().map_or(0, |last| last.record.sequence);
        if Some(record.sequence) != last.checked_add(1) {
            return Err(Contradiction);
        }
        self.dom0.push(StoredDom0 {
            storage: storage.cloned(),
            record: record.clone(),
        });
        Ok(())
    }

    fn places(&mut self) -> impl Iterator<Item = &mut Option<Destination>> {
        let histories = self.histories.values_mut();
        let histories = histories.map(|history| &mut history.storage);
        histories.chain(self.dom0.iter_mut().map(|stored| &mut stored.storage))
    }
}

fn unsaid(of: &str) -> Error {
    Error::Config(format!(
        "where {of} is stored is not known: name the storage qube in {}",
        crate::paths::CONFIG
    ))
}
