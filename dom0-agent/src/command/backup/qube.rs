//! One qube of a run: what of it has to be read, and what came of it.

use super::Outcome;
use crate::admin::call;
use crate::admin::reply::Qube;
use crate::backup::{How, back_up};
use crate::cli::Backup as Arguments;
use crate::crew::Room;
use crate::error::{Error, Result};
use crate::ledger::record::Class;
use crate::machine::{Machine, Shared};
use crate::moment;
use crate::outcome::Done;
use crate::part::Part;
use crate::pool::Moment;
use crate::profile::Profile;
use crate::progress::Progress;
use crate::rules::{self, QubeRules};
use crate::unchanged;
use crate::undo::Undos;
use crate::{report, settings, storage};
use qib_rpc::name::QubeName;
use std::sync::{Mutex, PoisonError};

const NO_VOLUMES: &str = "qubes of its class have no volumes of their own";

/// What the qubes of a run share.
pub(super) struct Run<'a> {
    pub(super) machine: &'a Machine,
    pub(super) installation: &'a Shared,
    pub(super) arguments: &'a Arguments,
    pub(super) qubes: &'a [Qube],
    pub(super) profile: &'a Profile,
    pub(super) undos: &'a Undos,
    pub(super) progress: &'a Progress,
    pub(super) room: Room,
    pub(super) outcomes: Mutex<Vec<Outcome>>,
}

impl Run<'_> {
    /// Backs one qube up, or says why not.
    pub(super) fn work(&self, name: QubeName) {
        if self.machine.stop.asked() {
            return self.keep(&name, Err(Error::Stopped));
        }
        let done = self.volumes(&name).and_then(|(qube, parts)| {
            let rules = rules::of_qube(&name, &self.profile.wishes)?;
            let wanted = {
                let book = &self.installation.lock().ledger.book;
                moment::wanted(self.arguments, book, &qube, parts)?
            };
            if !self.is_unchanged((&qube, &rules), parts, &wanted) {
                self.read(&qube, &rules, wanted);
            }
            Ok(())
        });
        if let Err(error) = done {
            self.note(&name, Err(error));
        }
    }

    fn volumes(&self, name: &QubeName) -> Result<(Qube, &'static [Part])> {
        let qube = self.qubes.iter().find(|qube| qube.name == *name);
        let qube = qube.ok_or_else(|| Error::NoQube(name.clone()))?;
        Ok((call::with_uuid(qube)?, parts(qube)?))
    }

    /// Notes its volumes, if none of them has to be read; settings that changed are stored
    /// without a helper. What can not be done fails again when they are read, and is told there.
    fn is_unchanged(
        &self,
        (qube, rules): (&Qube, &QubeRules),
        parts: &[Part],
        wanted: &[(Part, Moment)],
    ) -> bool {
        let arguments = self.arguments;
        let is_present_only = arguments.revision.is_none() && wanted.len() == parts.len();
        if !is_present_only || arguments.always || arguments.dry_run {
            return false;
        }
        let found = self.unchanged(qube, rules, parts);
        for done in found.iter().flatten() {
            self.note(&qube.name, Ok(done.clone()));
        }
        found.is_some()
    }

    fn unchanged(&self, qube: &Qube, rules: &QubeRules, parts: &[Part]) -> Option<Vec<Done>> {
        let installation = &mut *self.installation.lock();
        let book = &installation.ledger.book;
        let id = book.of_living(&qube.name, qube.uuid)?.qube.id;
        let found = unchanged::find(book, qube, parts, rules, self.machine.now()).ok()??;
        let has_new_settings = settings::keep::store(self.machine, installation, id, qube).ok()?;
        if has_new_settings {
            storage::compare(self.machine, installation).ok()?;
        }
        let done = |volume| Done::Unchanged {
            volume,
            has_new_settings,
        };
        Some(found.into_iter().map(done).collect())
    }

    fn read(&self, qube: &Qube, rules: &QubeRules, wanted: Vec<(Part, Moment)>) {
        let how = How {
            rules,
            dry_run: self.arguments.dry_run,
            compression: self.profile.compression.unwrap_or_default(),
        };
        for (part, moment) in wanted {
            if self.machine.stop.asked() {
                return self.keep(&qube.name, Err(Error::Stopped));
            }
            let outcome = self.room.enter(is_short_of_memory, || {
                let of = (part, moment.clone());
                let mut progress = self.progress.beside();
                let undos = self.undos.beside();
                let session = (self.machine, self.installation);
                let done = back_up(session, qube, of, how, undos, &mut progress);
                progress.clear();
                done
            });
            let outcome = outcome.map(|backup| Done::Read(Box::new(backup)));
            self.note(&qube.name, outcome);
        }
    }

    /// Says what came of a qube, and keeps it.
    pub(super) fn note(&self, name: &QubeName, outcome: Result<Done>) {
        if !self.arguments.json {
            report::print(name, &outcome);
        }
        self.keep(name, outcome);
    }

    fn keep(&self, name: &QubeName, outcome: Result<Done>) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.push((name.clone(), outcome));
    }
}

/// True when qubesd found no memory for a helper: it has more when another one ends.
fn is_short_of_memory<T>(outcome: &Result<T>) -> bool {
    matches!(outcome, Err(Error::Admin(error)) if error.is("QubesMemoryError"))
}

/// The volumes of a qube, the root first: a restore takes the last one that is not
/// newer than the private volume.
pub(crate) fn parts(qube: &Qube) -> Result<&'static [Part]> {
    match (qube.class.as_str(), Class::parse(&qube.class)) {
        ("AppVM", _) => Ok(&[Part::Private]),
        (_, Some(_)) => Ok(&[Part::Root, Part::Private]),
        _ => Err(Error::Volume(NO_VOLUMES.to_owned())),
    }
}
