//! `qib backup`: one qube after the other, or several at once; one that fails does not stop
//! the rest.

pub(crate) mod qube;

use super::{Ended, dom0, print_json};
use crate::admin::call;
use crate::cli::Backup as Arguments;
use crate::crew::{self, Room};
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
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// What came of one qube.
pub(crate) type Outcome = (QubeName, Result<Done>);

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
    storage::wake(&machine, &progress)?;
    storage::compare(&machine, &installation)?;
    let before = installation.ledger.next();
    let qubes = call::qubes()?;
    let choice = profile.choice();
    let names = choice.names(&qubes, &machine.config.storage)?;
    if arguments.revision.is_some() && names.len() > 1 {
        let text = "--revision is of one qube; each has revisions of its own";
        return Err(Error::Config(text.to_owned()));
    }
    let installation = Shared::new(installation);
    let run = Run {
        machine: &machine,
        installation: &installation,
        arguments,
        qubes: &qubes,
        profile: &profile,
        undos: &undos,
        progress: &progress,
        room: Room::default(),
        outcomes: Mutex::default(),
    };
    let names = allowed(&run, names)?;
    crew::each(names, arguments.jobs, |name| run.work(name));
    let outcomes = run
        .outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let installation = &mut *installation.lock();
    let dom0 = choice
        .dom0()
        .then(|| dom0::back_up(&machine, installation, arguments.always, arguments.dry_run));
    if arguments.json {
        let mut all = report::json(&outcomes, &installation.receipt());
        if let (Some(all), Some(dom0)) = (all.as_object_mut(), &dom0) {
            all.insert("dom0".to_owned(), dom0::json(dom0));
        }
        print_json(&all)?;
    } else {
        dom0.iter().for_each(dom0::print);
        if !quiet && installation.ledger.next() != before {
            println!("receipt {}", installation.receipt());
        }
    }
    Ok(conclude(&outcomes, dom0.as_ref()))
}

fn sweep() -> Result<Undos> {
    let swept = Undos::left_behind()?;
    if swept > 0 {
        eprintln!("qib: an earlier run did not end well; clearing up what it left ({swept})");
    }
    Undos::sweep()
}

/// Asks all that has to be asked before anything begins; notes those that may not be stored.
fn allowed(run: &Run<'_>, names: BTreeSet<QubeName>) -> Result<Vec<QubeName>> {
    let consent = Consent {
        storage: &run.machine.config.storage,
        accepted: &run.arguments.accept_networked_storage,
        stop: &run.machine.stop,
    };
    let mut allowed = Vec::new();
    for name in names {
        // One that is not there has neither network nor volumes, and is told of later.
        let is_there = run.qubes.iter().any(|qube| qube.name == name);
        match is_there.then(|| network::consent(&name, &consent)) {
            None | Some(Ok(())) => allowed.push(name),
            Some(Err(Error::Stopped)) => return Err(Error::Stopped),
            Some(Err(error)) => run.note(&name, Err(error)),
        }
    }
    Ok(allowed)
}

/// Names the failures at the end, and decides the exit code.
fn conclude(outcomes: &[Outcome], dom0: Option<&Result<dom0::Backup>>) -> Ended {
    let qubes = outcomes
        .iter()
        .map(|(name, result)| (name.as_str(), result.as_ref().err(), result.is_ok()));
    let dom0 = dom0.map(|result| ("dom0", result.as_ref().err(), result.is_ok()));
    let all: Vec<_> = qubes.chain(dom0).collect();
    let mut failed: Vec<&str> = all
        .iter()
        .filter(|(_, error, _)| !matches!(error, None | Some(Error::NeverStarted)))
        .map(|(name, ..)| *name)
        .collect();
    failed.sort_unstable();
    failed.dedup();
    if failed.is_empty() {
        let has_alarm = |outcome: &Outcome| matches!(&outcome.1, Ok(Done::Read(backup)) if backup.alarm.is_some());
        return if outcomes.iter().any(has_alarm) {
            Ended::Wrong
        } else {
            Ended::Well
        };
    }
    eprintln!("qib: error: not backed up: {}", failed.join(", "));
    if all
        .iter()
        .any(|(_, error, _)| matches!(error, Some(Error::Stopped)))
    {
        Ended::Stopped
    } else if all.iter().any(|(.., is_well)| *is_well) {
        Ended::Partly
    } else {
        Ended::Failed
    }
}
