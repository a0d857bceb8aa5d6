//! What has to be undone, or finished, written down before it is done.
//!
//! A run keeps a journal: before it makes a thing outside itself, it appends a
//! line and syncs it. At its end, on any error and on ^C, it undoes everything
//! in the order that the things need. After a crash the next run reads the
//! journal and does the same. Undoing what was never done, or was undone
//! already, is no error. Sessions beside each other share the journal; each undoes its own.
//!
//! A qube whose new content is whole is not undone any more: one rewriting of the journal has
//! its lines say what is left to do instead.

mod act;
mod journal;
mod shared;
mod tell;

use crate::browse::on_show;
use crate::error::Result;
use crate::lvm::Lv;
use crate::part::Part;
use crate::restore::set_up;
use crate::zfs::{Dataset, Snapshot};
use qib_rpc::name::QubeName;
use shared::{Owner, Shared};
use std::path::PathBuf;

/// One thing to undo, or to finish. The order of the variants is the order of doing so.
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
    /// Have the new content of a qube's volume count, which waits at this path until then.
    Accept(QubeName, Part, PathBuf),
    /// Set a restored qube up.
    SetUp(QubeName),
    /// Have it refer to other qubes.
    Link(QubeName),
    /// Let a qube start again.
    Guard(QubeName),
}

impl Undo {
    /// The qube that can not start until this is done.
    pub fn guarded(&self) -> Option<&QubeName> {
        match self {
            Self::Import(name, _)
            | Self::Qube(name)
            | Self::Accept(name, ..)
            | Self::SetUp(name)
            | Self::Link(name)
            | Self::Guard(name) => Some(name),
            _ => None,
        }
    }

    /// True for a helper, and for what dom0 has open for one.
    pub const fn is_of_helper(&self) -> bool {
        matches!(self, Self::Helper(_) | Self::Loop(_))
    }

    /// True for what finishes a restore.
    fn is_ahead(&self) -> bool {
        matches!(self, Self::Accept(..) | Self::SetUp(_) | Self::Link(_))
    }

    /// True for what may stay for long without harm: a snapshot whose disk may be away, a qube
    /// that can not start. That must not keep other qubes from being backed up.
    fn may_wait(&self) -> bool {
        let is_of_disk = matches!(self, Self::Lv(_) | Self::Zvol(_) | Self::ZfsSnapshot(_));
        is_of_disk || self.is_ahead() || matches!(self, Self::Guard(_))
    }
}

/// The things that one session of this run has to undo.
#[derive(Debug)]
pub struct Undos {
    open: Vec<Undo>,
    owner: Owner,
    journal: Shared,
}

impl Undos {
    /// Undoes, or finishes, what earlier runs left behind, and says what becomes of its restores.
    ///
    /// # Errors
    /// When something stays although several attempts were made, or the journal
    /// can not be read.
    pub fn sweep() -> Result<Self> {
        on_show::sweep()?;
        let mut undos = Self::new(Shared::default());
        undos.open = journal::read()?;
        let before = undos.open.clone();
        let error = match undos.all() {
            Err(error) if !undos.open.iter().all(Undo::may_wait) => return Err(error),
            done => done.err(),
        };
        tell::restores(&before, &undos.open)?;
        set_up::forget_all_but(undos.open.iter().filter_map(Undo::guarded))?;
        match error {
            None => Ok(undos),
            Some(error) => {
                tell::left(&undos.open, &error);
                undos.leave()
            }
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
            if self.must_wait(&undo) {
                self.open.push(undo);
            } else if let Err(error) = act::undo(&undo) {
                first = first.and(Err(error));
                self.open.push(undo);
            }
        }
        self.rewrite()?;
        first
    }

    /// True for a guard while something else is left to do about its qube.
    fn must_wait(&self, undo: &Undo) -> bool {
        let Undo::Guard(name) = undo else {
            return false;
        };
        let is_about = |left: &Undo| left != undo && left.guarded() == Some(name);
        self.open.iter().any(is_about) || self.journal.others_have(self.owner, is_about)
    }

    /// From here on a qube under restore is finished, and not undone.
    ///
    /// # Errors
    /// When the journal can not be written: then it is still undone.
    pub fn turn(&mut self, name: &QubeName, ahead: Vec<Undo>) -> Result<()> {
        let before = self.open.clone();
        self.open.retain(|undo| undo.guarded() != Some(name));
        self.open.extend(ahead);
        self.journal.forget_of_others(self.owner, name);
        self.rewrite().inspect_err(|_| self.open = before)
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
