//! `qib backup`: one qube after the other, or several at once; one that fails does not stop
//! the rest.

pub(crate) mod qube;

use super::{Ended, dom0, print_json};
use crate::admin::call;
use crate::cli::Backup as Arguments;
use crate::crew::{self, Room};
use crate::destination::{self, Destination, Destinations, Said};
use crate::error::{Error, Result};
use crate::machine::{Installation, Machine, Shared};
use crate::network::{self, Consent};
use crate::outcome::Done;
use crate::profile::Profile;
use crate::progress::Progress;
use crate::undo::Undos;
use crate::{report, storage};
use qib_rpc::name::QubeName;
use qube::Run;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// What came of one qube.
pub(crate) struct Outcome {
    /// Which.
    pub(crate) name: QubeName,
    /// Where it was to be stored, as far as that is known.
    pub(crate) storage: Option<Destination>,
    /// What was done.
    pub(crate) done: Result<Done>,
}

/// A qube, and the storage qubes that it goes to.
struct Job {
    name: QubeName,
    storages: Vec<Destination>,
}

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    let profile = Profile::of(arguments)?;
    let machine = if arguments.wait {
        Machine::open_when_free()?
    } else {
        Machine::open()?
    };
    let installation = Installation::open()?;
    let progress = Progress::new(quiet);
    let undos = sweep()?;
    let before = installation.ledger.next();
    let qubes = call::qubes()?;
    let choice = profile.choice();
    let known = storage::known(&machine.config, &installation.ledger.book);
    let names = choice.names(&qubes, &destination::qubes(&known))?;
    if arguments.revision.is_some() && names.len() > 1 {
        let text = "--revision is of one qube; each has revisions of its own";
        return Err(Error::Usage(text.to_owned()));
    }
    let said = profile.said(arguments, &machine.config.storage);
    let (mut destinations, unknown) = destinations(names, &said);
    let dom0_storages = choice.dom0().then(|| said.of_dom0());
    let wanted = destinations.values().chain(&dom0_storages);
    let wanted: BTreeSet<Destination> = wanted.flat_map(Destinations::iter).cloned().collect();
    if profile.all {
        let storages = destination::qubes(&wanted);
        destinations.retain(|name, _| !storages.contains(name));
    }
    let away = storage::reach(&machine, &installation, &wanted, &progress)?;
    let installation = Shared::new(installation);
    let run = Run {
        machine: &machine,
        installation: &installation,
        arguments,
        qubes: &qubes,
        profile: &profile,
        undos: &undos,
        progress: &progress,
        away: &away,
        says_where: wanted
            .iter()
            .any(|storage| *storage != machine.config.storage),
        room: Room::default(),
        outcomes: Mutex::default(),
    };
    for (name, error) in unknown {
        run.note(&name, None, Err(error));
    }
    let jobs = allowed(&run, destinations)?;
    crew::each(jobs, arguments.jobs, |job| run.work(job));
    let outcomes = run
        .outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let installation = &mut *installation.lock();
    let dom0 = dom0_storages.map(|storages| {
        let always = arguments.always || arguments.fresh;
        let how = (always, arguments.dry_run);
        dom0::back_up_to(&machine, installation, &storages, &away, how)
    });
    if storage::known(&machine.config, &installation.ledger.book).len() > 1 {
        storage::spread(&machine, installation);
    }
    if arguments.json {
        let mut all = report::json(&outcomes, &installation.receipt());
        if let (Some(all), Some(dom0)) = (all.as_object_mut(), &dom0) {
            let dom0 = dom0.iter().map(|(storage, done)| dom0::json(storage, done));
            all.insert("dom0".to_owned(), dom0.collect());
        }
        print_json(&all)?;
    } else {
        for (storage, done) in dom0.iter().flatten() {
            dom0::print(Some(storage).filter(|_| run.says_where), done);
        }
        if !quiet && installation.ledger.next() != before {
            println!("receipt {}", installation.receipt());
        }
    }
    Ok(conclude(&outcomes, &dom0.unwrap_or_default()))
}

fn sweep() -> Result<Undos> {
    let swept = Undos::left_behind()?;
    if swept > 0 {
        eprintln!("qib: an earlier run did not end well; clearing up what it left ({swept})");
    }
    Undos::sweep()
}

/// Where each qube goes, and those of which that can not be told.
fn destinations(
    names: BTreeSet<QubeName>,
    said: &Said<'_>,
) -> (BTreeMap<QubeName, Destinations>, Vec<(QubeName, Error)>) {
    let (mut found, mut unknown) = (BTreeMap::new(), Vec::new());
    for name in names {
        match said.of_qube(&name) {
            Ok(destinations) => drop(found.insert(name, destinations)),
            Err(error) => unknown.push((name, error)),
        }
    }
    (found, unknown)
}

/// Asks all that has to be asked before anything begins; notes what may not, or can not, be
/// stored.
fn allowed(run: &Run<'_>, all: BTreeMap<QubeName, Destinations>) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    for (name, destinations) in all {
        let mut storages = Vec::new();
        for storage in destinations.iter() {
            match allow(run, &name, storage) {
                Ok(()) => storages.push(storage.clone()),
                Err(Error::Stopped) => return Err(Error::Stopped),
                Err(error) => run.note(&name, Some(storage), Err(error)),
            }
        }
        if !storages.is_empty() {
            jobs.push(Job { name, storages });
        }
    }
    Ok(jobs)
}

fn allow(run: &Run<'_>, name: &QubeName, storage: &Destination) -> Result<()> {
    run.away.check(storage)?;
    // One that is not there has neither network nor volumes, and is told of later.
    if !run.qubes.iter().any(|qube| qube.name == *name) {
        return Ok(());
    }
    let consent = Consent {
        storage: &storage.qube,
        accepted: &run.arguments.accept_networked_storage,
        stop: &run.machine.stop,
    };
    network::consent(name, &consent)
}

/// Names the failures at the end, and decides the exit code.
fn conclude(outcomes: &[Outcome], dom0: &dom0::Outcomes) -> Ended {
    let dom0 = dom0.iter().map(|(_, result)| {
        (
            "dom0",
            result.as_ref().map_or_else(Ended::after, |_| Ended::Well),
        )
    });
    let qubes = outcomes
        .iter()
        .filter_map(|outcome| Some((outcome.name.as_str(), ended(&outcome.done)?)));
    let all: Vec<(&str, Ended)> = qubes.chain(dom0).collect();
    let is_done = |ended: &Ended| matches!(ended, Ended::Well | Ended::Wrong);
    let failed = all.iter().filter(|(_, ended)| !is_done(ended));
    let failed: BTreeSet<&str> = failed.map(|(name, _)| *name).collect();
    if !failed.is_empty() {
        let failed: Vec<&str> = failed.into_iter().collect();
        eprintln!("qib: error: not backed up: {}", failed.join(", "));
    }
    Ended::of_each(all.into_iter().map(|(_, ended)| ended))
}

/// How it ended for one qube; nothing where there was nothing to do.
fn ended(result: &Result<Done>) -> Option<Ended> {
    match result {
        Ok(Done::Read(backup)) if backup.alarm.is_some() => Some(Ended::Wrong),
        Ok(_) => Some(Ended::Well),
        Err(Error::NeverStarted) => None,
        Err(error) => Some(Ended::after(error)),
    }
}
