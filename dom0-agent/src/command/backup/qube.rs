//! One qube of a run: what of it has to be read, and what came of it.

use super::{Job, Outcome};
use crate::admin::call;
use crate::admin::reply::Qube;
use crate::backup::{How, back_up};
use crate::cli::Backup as Arguments;
use crate::crew::Room;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::ledger::record::Class;
use crate::machine::{Machine, Shared};
use crate::moment;
use crate::outcome::Done;
use crate::part::Part;
use crate::pool::Moment;
use crate::profile::Profile;
use crate::progress::{self, Progress};
use crate::rules::{self, QubeRules};
use crate::storage::Away;
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
    pub(super) away: &'a Away,
    /// Reports name the storage qube: it is not the one that people expect.
    pub(super) says_where: bool,
    pub(super) room: Room,
    pub(super) outcomes: Mutex<Vec<Outcome>>,
}

impl Run<'_> {
    /// Backs one qube up, to one storage qube after the other, or says why not.
    pub(super) fn work(&self, Job { name, storages }: Job) {
        for storage in &storages {
            if self.machine.stop.asked() {
                self.keep(&name, Some(storage), Err(Error::Stopped));
            } else if let Err(error) = self.store(&name, storage) {
                self.note(&name, Some(storage), Err(error));
            }
        }
    }

    fn store(&self, name: &QubeName, storage: &Destination) -> Result<()> {
        let (qube, parts) = self.volumes(name)?;
        let rules = rules::of_qube(name, &self.profile.wishes, &self.profile.tried)?;
        let wanted = {
            let book = &self.installation.lock().ledger.book;
            moment::wanted(self.arguments, book, (&qube, storage), parts)?
        };
        if !self.is_unchanged((&qube, storage, &rules), parts, &wanted) {
            self.read((&qube, storage), &rules, wanted);
        }
        Ok(())
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
        (qube, storage, rules): (&Qube, &Destination, &QubeRules),
        parts: &[Part],
        wanted: &[(Part, Moment)],
    ) -> bool {
        let arguments = self.arguments;
        let is_present_only = arguments.revision.is_none() && wanted.len() == parts.len();
        let reads_always = arguments.always || arguments.fresh || arguments.dry_run;
        if !is_present_only || reads_always {
            return false;
        }
        let found = self.unchanged((qube, storage), rules, parts);
        for done in found.iter().flatten() {
            self.note(&qube.name, Some(storage), Ok(done.clone()));
        }
        found.is_some()
    }

    fn unchanged(
        &self,
        (qube, storage): (&Qube, &Destination),
        rules: &QubeRules,
        parts: &[Part],
    ) -> Option<Vec<Done>> {
        let installation = &mut *self.installation.lock();
        let book = &installation.ledger.book;
        let id = book.living_at(&qube.name, qube.uuid, storage)?.qube.id;
        let found =
            unchanged::find(book, (qube, storage), parts, rules, self.machine.now()).ok()??;
        let has_new_settings = settings::keep::store(self.machine, installation, id, qube).ok()?;
        if has_new_settings {
            storage::compare(self.machine, installation, storage).ok()?;
        }
        let done = |volume| Done::Unchanged {
            volume,
            has_new_settings,
        };
        Some(found.into_iter().map(done).collect())
    }

    fn read(
        &self,
        (qube, storage): (&Qube, &Destination),
        rules: &QubeRules,
        wanted: Vec<(Part, Moment)>,
    ) {
        let how = How {
            rules,
            dry_run: self.arguments.dry_run,
            fresh: self.arguments.fresh,
            compression: self.profile.compression.unwrap_or_default(),
        };
        for (part, moment) in wanted {
            if self.machine.stop.asked() {
                return self.keep(&qube.name, Some(storage), Err(Error::Stopped));
            }
            let outcome = self.room.enter(is_short_of_memory, || {
                let of = (part, moment.clone());
                let mut progress = self.progress.beside();
                let undos = self.undos.beside();
                let session = (self.machine, self.installation);
                let done = back_up(session, (qube, storage), of, how, undos, &mut progress);
                progress.clear();
                done
            });
            let outcome = outcome.map(|backup| Done::Read(Box::new(backup)));
            self.note(&qube.name, Some(storage), outcome);
        }
    }

    /// Says what came of a qube, and keeps it.
    pub(super) fn note(&self, name: &QubeName, storage: Option<&Destination>, done: Result<Done>) {
        if !self.arguments.json {
            let where_to = storage.filter(|_| self.says_where);
            progress::above(|| report::print(name, where_to, &done));
        }
        self.keep(name, storage, done);
    }

    fn keep(&self, name: &QubeName, storage: Option<&Destination>, done: Result<Done>) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.push(Outcome {
            name: name.clone(),
            storage: storage.cloned(),
            done,
        });
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
