//! A restore: a plan, then for each qube of it fresh volumes, helpers that fill them, and its
//! settings; at the end what refers to other qubes.

pub mod change;
pub mod choices;
pub mod exists;
mod fill;
pub mod filter;
mod fit;
pub mod plan;
mod show;
pub mod source;

use crate::admin::call::{self, RESTORING};
use crate::error::{Error, Result};
use crate::ledger::record::Class;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::settings::read;
use crate::undo::{Undo, Undos};
use change::{Change, changes};
use filter::restorable;
use plan::{Making, QubePlan};
use qib_rpc::key::Identity;
use qib_rpc::message::restore::RestoreSummary;

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
    /// in the same order. Its volumes count only once all of them are filled. It can not start
    /// before [`Self::finish`].
    ///
    /// # Errors
    /// Whatever kept it from being whole; then a new qube is removed again, and one that was there
    /// is as it was.
    pub fn restore(
        &mut self,
        plan: &QubePlan,
        identities: Vec<Identity>,
    ) -> Result<Vec<RestoreSummary>> {
        let target = &plan.target;
        let done = self.make(plan).and_then(|()| self.fill(plan, identities));
        let done = done.and_then(|summaries| self.commit(plan).map(|()| summaries));
        if done.is_err() {
            let ours = |undo: &Undo| match undo {
                Undo::Qube(name) | Undo::Guard(name) | Undo::Import(name, _) => name == target,
                _ => true,
            };
            // What stays is in the journal.
            let _first = self.undos.only(ours);
            return done;
        }
        self.undos.keep(&Undo::Qube(target.clone()))?;
        done
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
        let summaries = done?;
        cleared.map(|()| summaries)
    }

    /// Sets the restored qubes up, what refers to other qubes last, and lets them start; says what
    /// could not be set.
    ///
    /// # Errors
    /// When something is left behind.
    pub fn finish(&mut self, plans: &[&QubePlan]) -> Result<Vec<Vec<String>>> {
        let mut warnings: Vec<Vec<String>> = Vec::new();
        for plan in plans {
            self.progress.stage(&plan.target, "setting it up");
            warnings.push(set_up(plan, |step| !step.is_link()));
        }
        for (plan, warnings) in plans.iter().zip(&mut warnings) {
            warnings.extend(set_up(plan, Change::is_link));
        }
        self.undos.all()?;
        Ok(warnings)
    }

    fn make(&mut self, plan: &QubePlan) -> Result<()> {
        let target = &plan.target;
        let Making::New {
            class,
            template,
            label,
        } = &plan.making
        else {
            self.undos.note(Undo::Guard(target.clone()))?;
            return Ok(call::set_tag(target, RESTORING)?);
        };
        self.progress.stage(target, "making the qube");
        self.undos.note(Undo::Qube(target.clone()))?;
        let made = match (Class::parse(class), template) {
            (Some(class), _) => call::create_whole(target, class, label),
            (None, Some(template)) => call::create_app(target, template, label),
            (None, None) => {
                self.undos.keep(&Undo::Qube(target.clone()))?;
                return Err(Error::Restore("it had no template".to_owned()));
            }
        };
        if let Err(error) = made {
            self.undos.keep(&Undo::Qube(target.clone()))?;
            return Err(error.into());
        }
        self.undos.note(Undo::Guard(target.clone()))?;
        call::set_tag(target, RESTORING)?;
        // It has no network before it has its own.
        Ok(call::set_property(target, "netvm", "")?)
    }

    fn fill(&mut self, plan: &QubePlan, identities: Vec<Identity>) -> Result<Vec<RestoreSummary>> {
        let target = &plan.target;
        let mut summaries = Vec::new();
        for (volume, identity) in plan.volumes.iter().zip(identities) {
            self.undos.note(Undo::Import(target.clone(), volume.part))?;
            let path = call::import_begin(target, volume.part.name(), volume.bytes)?;
            let filled = self.fill_volume(volume, identity, target, path);
            summaries.push(filled.map_err(|error| fill::too_small(error, volume))?);
            // The helper and dom0's loop must have let go of the volume first.
            self.undos
                .only(|undo| matches!(undo, Undo::Helper(_) | Undo::Loop(_)))?;
        }
        Ok(summaries)
    }

    /// Makes the new content of its volumes count.
    fn commit(&mut self, plan: &QubePlan) -> Result<()> {
        let target = &plan.target;
        for volume in &plan.volumes {
            call::import_end(target, volume.part.name(), true)?;
            self.undos
                .keep(&Undo::Import(target.clone(), volume.part))?;
        }
        Ok(())
    }
}

/// Takes the steps that `chosen` picks, and says which of them qubesd refused.
fn set_up(plan: &QubePlan, chosen: impl Fn(&Change) -> bool) -> Vec<String> {
    let Some(wanted) = &plan.wanted else {
        return Vec::new();
    };
    let now = call::find_qube(&plan.target).map_err(Error::from);
    let now = now.and_then(|qube| qube.ok_or_else(|| Error::NoQube(plan.target.clone())));
    let mut now = match now.and_then(|qube| read::read(&qube)) {
        Ok(now) => now,
        Err(error) => return vec![format!("it was not set up: {error}")],
    };
    restorable(&mut now);
    let steps = changes(&now, wanted).into_iter().filter(chosen);
    let refused = |step: Change| {
        let error = step.apply(&plan.target).err()?;
        Some(format!("{step}: {error}"))
    };
    steps.filter_map(refused).collect()
}
