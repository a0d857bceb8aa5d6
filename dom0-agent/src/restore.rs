//! A restore: a plan, then for each qube of it fresh volumes, helpers that fill them, and its
//! settings; at the end what refers to other qubes.

pub mod change;
pub mod choices;
pub mod exists;
mod fill;
pub mod filter;
mod fit;
mod hand_out;
mod limits;
mod patience;
pub mod plan;
pub mod set_up;
mod show;
pub mod source;

use crate::admin::call::{self, RESTORING};
use crate::admin::settings;
use crate::error::{Error, Result};
use crate::ledger::record::Class;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::undo::{Undo, Undos};
use fill::Filling;
use plan::{Making, QubePlan};
use qib_rpc::key::Identity;
use qib_rpc::message::restore::RestoreSummary;
use qib_rpc::name::QubeName;
use std::path::PathBuf;

pub use fill::open_identity;
pub use source::Volume;

/// What the restore of a qube works with.
pub struct Work<'a> {
    /// The lock and the storage qube's name.
    pub machine: &'a Machine,
    /// The keys.
    pub installation: &'a Installation,
    /// What to undo.
    pub undos: &'a mut Undos,
    /// Where progress goes.
    pub progress: &'a mut Progress,
}

impl Work<'_> {
    /// Makes a qube, or takes the one that is there, and fills its volumes, whose identities come
    /// in the same order. Its volumes count only once all of them are filled; from then on it is
    /// finished, by the next run if need be. It can not start before [`Self::finish`].
    ///
    /// # Errors
    /// Whatever kept it from being whole; then a new qube is removed again, and one that was there
    /// is as it was. Or why its volumes do not count yet.
    pub fn restore(
        &mut self,
        plan: &QubePlan,
        identities: Vec<Identity>,
    ) -> Result<Vec<RestoreSummary>> {
        let target = &plan.target;
        let done = self.make(plan).and_then(|()| self.fill(plan, identities));
        let done = done.and_then(|filled| self.turn(plan, &filled).map(|()| filled));
        match done {
            Ok(filled) => {
                self.accept(target)?;
                Ok(filled.into_iter().map(|(summary, _)| summary).collect())
            }
            Err(error) => {
                let ours = |undo: &Undo| undo.guarded().is_none_or(|name| name == target);
                // What stays is in the journal.
                let _first = self.undos.only(ours);
                Err(error)
            }
        }
    }

    /// Makes a qube, fills its volumes and has them read back, and throws all of it away.
    ///
    /// # Errors
    /// Whatever kept it from being whole, or what is left behind.
    pub fn drill(
        &mut self,
        plan: &QubePlan,
        identities: Vec<Identity>,
    ) -> Result<Vec<RestoreSummary>> {
        let done = self.make(plan).and_then(|()| self.fill(plan, identities));
        let cleared = self.undos.all();
        let filled = done?;
        cleared.map(|()| filled.into_iter().map(|(summary, _)| summary).collect())
    }

    /// Sets the restored qubes up, what refers to other qubes last, and lets them start; says of
    /// each what could not be set, or why it is not set up yet: that one can not start.
    ///
    /// # Errors
    /// When something is left behind.
    pub fn finish(&mut self, plans: &[&QubePlan]) -> Result<Vec<Result<Vec<String>>>> {
        let mut done: Vec<Result<Vec<String>>> = Vec::new();
        for plan in plans {
            let target = &plan.target;
            self.progress.stage(target, "setting it up");
            done.push(match plan.wanted {
                Some(_) => self.step(target, Undo::SetUp, set_up::own),
                None => Ok(Vec::new()),
            });
        }
        for (plan, done) in plans.iter().zip(&mut done) {
            if let (Some(_), Ok(refused)) = (&plan.wanted, &mut *done) {
                match self.step(&plan.target, Undo::Link, set_up::links) {
                    Ok(links) => refused.extend(links),
                    Err(error) => *done = Err(error),
                }
            }
        }
        let whole = plans.iter().zip(&done).filter(|(_, done)| done.is_ok());
        let whole: Vec<&QubeName> = whole.map(|(plan, _)| &plan.target).collect();
        let is_done = |undo: &Undo| undo.guarded().is_none_or(|name| whole.contains(&name));
        self.undos.only(is_done)?;
        Ok(done)
    }

    /// Sets something of a qube up, and has the journal know it.
    fn step(
        &mut self,
        target: &QubeName,
        undo: fn(QubeName) -> Undo,
        take: fn(&QubeName) -> Result<Vec<String>>,
    ) -> Result<Vec<String>> {
        let refused = take(target).map_err(|error| {
            Error::Restore(format!(
                "its data is there, and it is not set up yet: {error}. It can not start until the \
                 next run of qib has done so"
            ))
        })?;
        self.undos.keep(&undo(target.clone()))?;
        Ok(refused)
    }

    fn make(&mut self, plan: &QubePlan) -> Result<()> {
        let target = &plan.target;
        let Making::New {
            class,
            template,
            label,
            pools,
        } = &plan.making
        else {
            self.undos.note(Undo::Guard(target.clone()))?;
            call::set_tag(target, RESTORING)?;
            return self.make_label(plan);
        };
        self.progress.stage(target, "making the qube");
        if Class::parse(class).is_none() && template.is_none() {
            return Err(Error::Restore("it had no template".to_owned()));
        }
        self.make_label(plan)?;
        self.undos.note(Undo::Qube(target.clone()))?;
        let made = call::create(target, class, template.as_ref(), label, pools);
        if let Err(error) = made {
            self.undos.keep(&Undo::Qube(target.clone()))?;
            return Err(error.into());
        }
        self.undos.note(Undo::Guard(target.clone()))?;
        call::set_tag(target, RESTORING)?;
        // It has no network before it has its own.
        Ok(call::set_property(target, "netvm", "")?)
    }

    /// Makes the label that the qube had, unless one that was restored before it had it too. It
    /// stays, whatever becomes of the qube.
    fn make_label(&mut self, plan: &QubePlan) -> Result<()> {
        match &plan.new_label {
            Some((label, colour)) if !settings::labels()?.contains(label) => {
                Ok(settings::create_label(label, colour)?)
            }
            _ => Ok(()),
        }
    }

    /// Fills new content of the volumes, and says where each waits.
    fn fill(&mut self, plan: &QubePlan, identities: Vec<Identity>) -> Result<Vec<Filled>> {
        let target = &plan.target;
        let mut all = Vec::new();
        for (volume, identity) in plan.volumes.iter().zip(identities) {
            self.undos.note(Undo::Import(target.clone(), volume.part))?;
            let path = call::import_begin(target, volume.part.name(), volume.bytes)?;
            let filling = Filling {
                volume,
                data_identity: identity,
                target,
                path,
            };
            let filled = self.fill_volume(&filling);
            let summary = filled.map_err(|error| fill::too_small(error, volume))?;
            all.push((summary, filling.path));
            // The helper and dom0's loop must have let go of the volume first.
            self.undos.only(Undo::is_of_helper)?;
        }
        Ok(all)
    }

    /// Has the journal say from here on how the restore is finished, and no more how it is undone.
    fn turn(&mut self, plan: &QubePlan, filled: &[Filled]) -> Result<()> {
        let target = &plan.target;
        let accept = |(volume, (_, path)): (&Volume, &Filled)| {
            Undo::Accept(target.clone(), volume.part, path.clone())
        };
        let mut ahead: Vec<Undo> = plan.volumes.iter().zip(filled).map(accept).collect();
        if let Some(wanted) = &plan.wanted {
            set_up::keep(target, wanted)?;
            ahead.extend([Undo::SetUp(target.clone()), Undo::Link(target.clone())]);
        }
        ahead.push(Undo::Guard(target.clone()));
        self.undos.turn(target, ahead)
    }

    /// Makes the new content of its volumes count.
    fn accept(&mut self, target: &QubeName) -> Result<()> {
        let is_it = |undo: &Undo| matches!(undo, Undo::Accept(name, ..) if name == target);
        self.undos.only(is_it).map_err(|error| {
            Error::Restore(format!(
                "its data was restored, and does not count yet: {error}. It can not start until the \
                 next run of qib has finished it"
            ))
        })
    }
}

/// What was written to a volume, and where that waits to count.
type Filled = (RestoreSummary, PathBuf);
