//! `qib backup`: one qube after the other; one that fails does not stop the rest.

use super::{Ended, dom0, print_json};
use crate::admin::call;
use crate::admin::reply::Qube;
use crate::backup::{How, back_up};
use crate::cli::Backup as Arguments;
use crate::error::{Error, Result};
use crate::ledger::record::Class;
use crate::machine::{Installation, Machine};
use crate::moment;
use crate::network;
use crate::outcome::Done;
use crate::part::Part;
use crate::progress::Progress;
use crate::select::Choice;
use crate::unchanged;
use crate::{report, settings, storage};
use qib_rpc::name::QubeName;

const NO_VOLUMES: &str = "qubes of its class have no volumes of their own";

/// What came of one qube.
pub(crate) type Outcome = (QubeName, Result<Done>);

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let mut progress = Progress::new(quiet);
    let swept = crate::undo::Undos::left_behind()?;
    if swept > 0 {
        eprintln!("qib: an earlier run did not end well; clearing up what it left ({swept})");
    }
    drop(crate::undo::Undos::sweep()?);
    storage::wake(&machine, &progress)?;
    storage::compare(&machine, &installation)?;
    let before = installation.ledger.next();
    let qubes = call::qubes()?;
    let how = How {
        dry_run: arguments.dry_run,
        compression: arguments.compression,
    };
    let mut outcomes = Vec::new();
    let choice = Choice {
        all: arguments.all,
        of: &arguments.qubes,
        but: &arguments.exclude,
    };
    let names = choice.names(&qubes, &machine.config.storage)?;
    if arguments.revision.is_some() && names.len() > 1 {
        let text = "--revision is of one qube; each has revisions of its own";
        return Err(Error::Config(text.to_owned()));
    }
    for name in names {
        if machine.stop.asked() {
            outcomes.push((name, Err(Error::Stopped)));
            continue;
        }
        let parts = match qubes.iter().find(|qube| qube.name == name) {
            Some(qube) => parts(qube).map(|parts| (qube, parts)),
            None => Err(Error::NoQube(name.clone())),
        };
        let parts = parts.and_then(|(qube, parts)| {
            let accepted = &arguments.accept_networked_storage;
            network::consent(&qube.name, &machine.config.storage, accepted)?;
            Ok((call::with_uuid(qube)?, parts))
        });
        let (ref qube, parts) = match parts {
            Ok(found) => found,
            Err(error) => {
                note(arguments, &mut outcomes, name, Err(error));
                continue;
            }
        };
        let wanted = moment::wanted(arguments, &installation.ledger.book, qube, parts);
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(error) => {
                note(arguments, &mut outcomes, name, Err(error));
                continue;
            }
        };
        let is_present_only = arguments.revision.is_none() && wanted.len() == parts.len();
        let found =
            is_present_only.then(|| unchanged(arguments, &machine, &mut installation, qube, parts));
        if let Some(found) = found.flatten() {
            for done in found {
                note(arguments, &mut outcomes, name.clone(), Ok(done));
            }
            continue;
        }
        for (part, moment) in wanted {
            if machine.stop.asked() {
                outcomes.push((name.clone(), Err(Error::Stopped)));
                break;
            }
            let installation = &mut installation;
            let outcome = back_up(
                &machine,
                installation,
                qube,
                (part, moment),
                how,
                &mut progress,
            );
            progress.clear();
            let outcome = outcome.map(|backup| Done::Read(Box::new(backup)));
            note(arguments, &mut outcomes, name.clone(), outcome);
        }
    }
    let dom0 = choice.dom0().then(|| {
        let installation = &mut installation;
        dom0::back_up(&machine, installation, arguments.always, arguments.dry_run)
    });
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

fn note(arguments: &Arguments, outcomes: &mut Vec<Outcome>, name: QubeName, outcome: Result<Done>) {
    if !arguments.json {
        report::print(&name, &outcome);
    }
    outcomes.push((name, outcome));
}

/// The volumes of a qube, the root first: a restore takes the last one that is not
/// newer than the private volume.
fn parts(qube: &Qube) -> Result<&'static [Part]> {
    match (qube.class.as_str(), Class::parse(&qube.class)) {
        ("AppVM", _) => Ok(&[Part::Private]),
        (_, Some(_)) => Ok(&[Part::Root, Part::Private]),
        _ => Err(Error::Volume(NO_VOLUMES.to_owned())),
    }
}

/// The volumes of a qube, if none of them has to be read; settings that changed are stored without
/// a helper. What can not be done fails again when they are read, and is told there.
fn unchanged(
    arguments: &Arguments,
    machine: &Machine,
    installation: &mut Installation,
    qube: &Qube,
    parts: &[Part],
) -> Option<Vec<Done>> {
    if arguments.always || arguments.dry_run {
        return None;
    }
    let book = &installation.ledger.book;
    let id = book.of_living(&qube.name, qube.uuid)?.qube.id;
    let found = unchanged::find(book, qube, parts, machine.now()).ok()??;
    let has_new_settings = settings::keep::store(machine, installation, id, qube).ok()?;
    if has_new_settings {
        storage::compare(machine, installation).ok()?;
    }
    let done = |volume| Done::Unchanged {
        volume,
        has_new_settings,
    };
    Some(found.into_iter().map(done).collect())
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
    failed.dedup();
    if failed.is_empty() {
        return Ended::Well;
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
