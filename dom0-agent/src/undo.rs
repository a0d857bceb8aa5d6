//! What has to be undone, written down before it is done.
//!
//! A run keeps a journal: before it makes a thing outside itself, it appends a
//! line and syncs it. At its end, on any error and on ^C, it undoes everything
//! in the order that the things need. After a crash the next run reads the
//! journal and does the same. Undoing what was never done, or was undone
//! already, is no error. Sessions beside each other share the journal; each undoes its own.

mod act;
mod journal;
mod shared;

use crate::error::Result;
use crate::lvm::Lv;
use crate::part::Part;
use crate::zfs::{Dataset, Snapshot};
use qib_rpc::name::QubeName;
use shared::{Owner, Shared};
use std::path::PathBuf;

/// One thing to undo. The order of the variants is the order of undoing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undo {
    /// Kill a helper and wait until it is gone.
    Helper(QubeName),
    /// Take dom0's loop devices over this file away.
    Loop(PathBuf),
    /// Remove a clone of a volume.
    Clone(PathBuf),
    /// Remove a snapshot of a logical volume.
    Lv(Lv),
    /// Destroy a clone of a snapshot of ZFS.
    Zvol(Dataset),
    /// Destroy a snapshot of ZFS.
    ZfsSnapshot(Snapshot),
    /// Throw the new content of a qube's volume away.
    Import(QubeName, Part),
    /// Remove a qube that a restore made and did not finish.
    Qube(QubeName),
    /// Let a qube start again.
    Guard(QubeName),
}

/// The things that one session of this run has to undo.
#[derive(Debug)]
pub struct Undos {
    open: Vec<Undo>,
    owner: Owner,
    journal: Shared,
}

impl Undos {
    /// Undoes what an earlier run left behind.
    ///
    /// # Errors
    /// When something stays although several attempts were made, or the journal
    /// can not be read.
    pub fn sweep() -> Result<Self> {
        let mut undos = Self::new(Shared::default());
        undos.open = journal::read()?;
        let done = undos.all();
        let is_of_disk =
            |undo: &Undo| matches!(undo, Undo::Lv(_) | Undo::Zvol(_) | Undo::ZfsSnapshot(_));
        let only_those = !undos.open.is_empty() && undos.open.iter().all(is_of_disk);
        match done {
            Err(error) if only_those => {
                // Its disk may be away; that must not keep other qubes from being backed up.
                eprintln!("qib: warning: a snapshot of an earlier run is still there: {error}");
                undos.leave()
            }
            result => result.map(|()| undos),
        }
    }

    fn new(journal: Shared) -> Self {
        Self {
            open: Vec::new(),
            owner: journal.owner(),
            journal,
        }
    }

    /// Those of another session of the same run: it has nothing to undo yet.
    #[must_use]
    pub fn beside(&self) -> Self {
        Self::new(self.journal.clone())
    }

    /// Leaves to the next run what this one can not undo.
    fn leave(mut self) -> Result<Self> {
        let nobody = self.journal.owner();
        self.journal.replace(nobody, &self.open)?;
        self.open.clear();
        self.rewrite()?;
        Ok(self)
    }

    /// How many things an earlier run left, before [`Self::sweep`].
    pub fn left_behind() -> Result<usize> {
        Ok(journal::read()?.len())
    }

    /// The helpers among them.
    ///
    /// # Errors
    /// When the journal can not be read.
    pub fn helpers_left_behind() -> Result<Vec<QubeName>> {
        let helper = |undo| match undo {
            Undo::Helper(name) => Some(name),
            _ => None,
        };
        Ok(journal::read()?.into_iter().filter_map(helper).collect())
    }

    /// Notes what is about to be done.
    ///
    /// # Errors
    /// When the journal can not be written: then it must not be done.
    pub fn note(&mut self, undo: Undo) -> Result<()> {
        self.journal.append(self.owner, &undo)?;
        self.open.push(undo);
        Ok(())
    }

    /// Undoes everything noted.
    ///
    /// # Errors
    /// The first thing that stays; it remains in the journal.
    pub fn all(&mut self) -> Result<()> {
        self.only(|_| true)
    }

    /// Undoes what `chosen` picks.
    ///
    /// # Errors
    /// The first thing that stays; it remains in the journal.
    pub fn only(&mut self, chosen: impl Fn(&Undo) -> bool) -> Result<()> {
        let (mut picked, kept): (Vec<_>, Vec<_>) = self.open.drain(..).partition(chosen);
        self.open = kept;
        picked.sort();
        let mut first = Ok(());
        for undo in picked {
            if let Err(error) = act::undo(&undo) {
                first = first.and(Err(error));
                self.open.push(undo);
            }
        }
        self.rewrite()?;
        first
    }

    /// Forgets a thing that is to stay.
    ///
    /// # Errors
    /// When the journal can not be written.
    pub fn keep(&mut self, kept: &Undo) -> Result<()> {
        self.open.retain(|undo| undo != kept);
        self.rewrite()
    }

    fn rewrite(&self) -> Result<()> {
        self.journal.replace(self.owner, &self.open)
    }
}

impl Drop for Undos {
    fn drop(&mut self) {
        // What fails here stays in the journal for the next run.
        let _left_for_next_run = self.all();
    }
}
