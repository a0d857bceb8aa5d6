//! The journal of one run: what all its sessions have to undo, under one lock, and whose it is.

use super::{Undo, journal};
use crate::error::Result;
use qib_rpc::name::QubeName;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Whose things they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(u64);

/// The journal, as this run knows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    owners: u64,
    lines: Vec<(Owner, Undo)>,
}

impl Shared {
    /// Another one that has things to undo.
    pub(super) fn owner(&self) -> Owner {
        let mut lines = self.lock();
        lines.owners = lines.owners.saturating_add(1);
        Owner(lines.owners)
    }

    /// Notes one more thing of an owner's.
    pub(super) fn append(&self, owner: Owner, undo: &Undo) -> Result<()> {
        let mut lines = self.lock();
        journal::append(undo)?;
        lines.lines.push((owner, undo.clone()));
        Ok(())
    }

    /// From here on an owner has these things; those of others stay.
    pub(super) fn replace(&self, owner: Owner, undos: &[Undo]) -> Result<()> {
        let mut lines = self.lock();
        lines.lines.retain(|(other, _)| *other != owner);
        let own = undos.iter().map(|undo| (owner, undo.clone()));
        lines.lines.extend(own);
        let all: Vec<Undo> = lines.lines.iter().map(|(_, undo)| undo.clone()).collect();
        journal::rewrite(&all)
    }

    /// True when another than this owner has such a thing to do.
    pub(super) fn others_have(&self, owner: Owner, is_such: impl Fn(&Undo) -> bool) -> bool {
        let lines = self.lock();
        let mut others = lines.lines.iter().filter(|(other, _)| *other != owner);
        others.any(|(_, undo)| is_such(undo))
    }

    /// Forgets, with the next writing, what others left to do about a qube.
    pub(super) fn forget_of_others(&self, owner: Owner, name: &QubeName) {
        let is_kept =
            |(other, undo): &(Owner, Undo)| *other == owner || undo.guarded() != Some(name);
        self.lock().lines.retain(is_kept);
    }

    /// The lines. A thread that panicked left them as whole as any other.
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
