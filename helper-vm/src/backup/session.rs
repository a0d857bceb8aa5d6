//! What a session holds while it runs: keys, the two lines, the job.

use super::store::Store;
use super::suggestions::Suggestions;
use super::trial::Trial;
use crate::dom0::Dom0;
use crate::error::{Error, Result};
use crate::index::RulesMark;
use crate::known::Known;
use crate::packing::{Packing, Sink};
use crate::packs_list::{self, PackChange};
use crate::seal::{SealTo, Sealed};
use crate::storage::Putting;
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::glob::Globs;
use qib_rpc::id::Digest;
use qib_rpc::message::backup::{BackupJob, BackupSummary, StoredBackup};
use std::io::Write;
use std::sync::Arc;

/// A session.
pub struct Session<W> {
    /// What to do.
    pub job: BackupJob,
    /// The qube's own rules, as its volume has them.
    pub suggestions: Suggestions,
    /// Whom index objects are sealed to.
    pub index_to: SealTo,
    /// Whom packs and the snapshot are sealed to.
    pub data_to: SealTo,
    /// The line to dom0.
    pub dom0: Dom0<W>,
    /// The line to the storage qube; none in a dry run.
    pub storage: Option<Arc<Putting>>,
}

impl<W: Write + Send + 'static> Session<W> {
    /// The qube's own rules that are obeyed.
    pub fn obeyed(&self) -> Globs {
        self.suggestions.obeyed(&self.job)
    }

    /// Begins a trial, if this is a dry run.
    pub fn trial(&self) -> Trial {
        let obeyed = self.job.paths.obey_suggestions;
        let none = Globs::default();
        let suggested = if obeyed {
            &none
        } else {
            &self.suggestions.globs
        };
        Trial::new(self.job.dry_run, suggested)
    }

    /// Which rules hold.
    pub fn rules_mark(&self) -> RulesMark {
        RulesMark::of(self.job.rules, &self.job.paths, &self.obeyed())
    }

    /// What dom0 is told at the end.
    pub fn summary(
        &self,
        store: &Store,
        stored: StoredBackup,
        left_out: LeftOuts,
        trial: Trial,
    ) -> BackupSummary {
        BackupSummary {
            stored: (!self.job.dry_run).then_some(stored),
            counts: self.counts(store),
            left_out,
            suggestions: self.suggestions.lines,
            findings: trial.finish(),
        }
    }

    /// Begins to store, beside what is known.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn store(&self, known: Known) -> Result<Store> {
        let sink = self.storage.clone().map_or(Sink::Nowhere, Sink::Storage);
        let packing = Packing::new(self.data_to.clone(), sink, self.job.compression)?;
        Ok(Store::new(known, self.job.chunk_key.clone(), packing))
    }

    /// Puts an object and returns its digest; a dry run puts nothing.
    ///
    /// # Errors
    /// When the storage refuses or goes away.
    pub fn put(&self, object: Sealed) -> Result<Digest> {
        let digest = object.name.digest;
        if let Some(storage) = &self.storage {
            storage.put(object)?;
        }
        Ok(digest)
    }

    /// Seals and puts a list of packs.
    ///
    /// # Errors
    /// As [`Session::put`].
    pub fn put_packs_list(&self, changes: &[PackChange]) -> Result<Digest> {
        let job = &self.job;
        let list = packs_list::seal(&job.packs_key, job.qube, job.session, changes);
        self.put(list.map_err(Error::Helper)?)
    }

    /// What was done so far, with what the storage has acknowledged.
    pub fn counts(&self, store: &Store) -> Counts {
        let taken = self.storage.as_ref().map(|storage| storage.stored());
        Counts {
            bytes_stored: taken.map_or(store.sealed_bytes(), |taken| taken.bytes),
            objects: taken.map_or(store.sealed_packs(), |taken| taken.objects),
            ..store.counts
        }
    }

    /// Waits until everything that was put is durable.
    ///
    /// # Errors
    /// As [`Session::put`].
    pub fn settle(&self) -> Result<()> {
        self.storage
            .as_ref()
            .map_or(Ok(()), |storage| storage.settle())
    }
}
