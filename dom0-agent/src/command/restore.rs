//! `qib restore`: a plan, the passphrase, then the qubes; one that fails does not stop the rest.

mod hand_out;
mod report;
pub(super) mod wishes;

use super::{Ended, dom0, print_json};
use crate::cli::{Restore as Arguments, Source};
use crate::confirm;
use crate::error::{Error, Result};
use crate::ledger::record::Record;
use crate::machine::{Installation, Machine};
use crate::passphrase;
use crate::progress::Progress;
use crate::restore::choices::Conflict;
use crate::restore::exists::Exists;
use crate::restore::plan::{Plan, QubePlan, plan};
use crate::restore::{self, Volume, Work};
use crate::stop::Stop;
use crate::unchanged;
use crate::undo::Undos;
use qib_rpc::id::Digest;
use qib_rpc::key::{Identity, Passphrase};
use qib_rpc::message::restore::RestoreSummary;
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;
use std::time::Instant;

/// What came of one qube.
struct Outcome<'a> {
    name: QubeName,
    result: Result<Restored<'a>>,
}

/// A qube that was restored.
struct Restored<'a> {
    plan: &'a QubePlan,
    summaries: Vec<RestoreSummary>,
    /// What qubesd refused to set.
    warnings: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    if arguments
        .qubes
        .iter()
        .any(|source| matches!(source, Source::Dom0))
    {
        if arguments.qubes.len() > 1 {
            let text = "dom0 is restored by itself, not with qubes";
            return Err(Error::Usage(text.to_owned()));
        }
        return dom0::restore(arguments, quiet);
    }
    if arguments.diff {
        let text = "--diff is of dom0";
        return Err(Error::Usage(text.to_owned()));
    }
    if let Some(to) = &arguments.to {
        return hand_out::run(arguments, to, quiet);
    }
    let began = Instant::now();
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let mut progress = Progress::new(quiet);
    let undos = Undos::sweep()?;
    let (plan, mut outcomes) = decide(&machine, &installation, arguments, &progress)?;
    if arguments.dry_run {
        return show(&plan, &outcomes, arguments);
    }
    if !plan.qubes.is_empty() {
        agree(&plan, arguments, quiet, &machine.stop)?;
        let has_data = plan.qubes.iter().any(|qube| !qube.volumes.is_empty());
        let file = arguments.passphrase_file.as_deref();
        let passphrase = has_data.then(|| passphrase::read(file, &machine.stop));
        let passphrase = passphrase.transpose()?;
        let done = perform(
            &machine,
            &installation,
            &plan,
            passphrase,
            undos,
            &mut progress,
        );
        progress.clear();
        outcomes.extend(done?);
    }
    for Outcome { name, result } in &outcomes {
        if let Err(error) = result {
            let plan = plan.qubes.iter().find(|plan| plan.target == *name);
            let volumes = plan.map(|plan| plan.volumes.as_slice());
            note_lost_pack(&mut installation, volumes.unwrap_or_default(), error)?;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    if arguments.json {
        print_json(&report::json(&plan, &outcomes, seconds))?;
    } else {
        for name in &plan.skipped {
            println!("{name}: skipped, as it exists");
        }
        report::print(&outcomes, seconds);
    }
    Ok(report::conclude(&outcomes))
}

/// The plan, and what can not be restored at all.
fn decide<'a>(
    machine: &Machine,
    installation: &Installation,
    arguments: &Arguments,
    progress: &Progress,
) -> Result<(Plan, Vec<Outcome<'a>>)> {
    let (sources, mut outcomes) = wishes::sources(machine, installation, arguments, progress)?;
    let choices = wishes::choices(arguments);
    let replaced = match choices.conflict {
        Conflict::Replace => sources.iter().map(|source| source.name.clone()).collect(),
        _ => BTreeSet::new(),
    };
    let exists = Exists::read(&replaced.into_iter().chain(choices.target.clone()).collect())?;
    let plan = plan(sources, &exists, &choices);
    outcomes.extend(plan.left_out.iter().map(|(name, why)| Outcome {
        name: name.clone(),
        result: Err(Error::Restore(why.clone())),
    }));
    Ok((plan, outcomes))
}

fn show(plan: &Plan, outcomes: &[Outcome<'_>], arguments: &Arguments) -> Result<Ended> {
    if arguments.json {
        print_json(&plan.json())?;
    } else {
        print!("{}", plan.text());
    }
    report::print_failures(outcomes);
    Ok(report::conclude(outcomes))
}

/// Shows the plan, and asks whether to go on. Where nobody can be asked, a plan without danger is
/// carried out, and another one only if `--yes` was said.
fn agree(plan: &Plan, arguments: &Arguments, quiet: bool, stop: &Stop) -> Result<()> {
    let asks = !arguments.yes && !arguments.json;
    if asks || !quiet || (plan.is_dangerous() && !arguments.yes) {
        eprint!("{}", plan.text());
    }
    let answer = match asks {
        true => confirm::ask_or_stop("Do you want to proceed?", stop),
        false => Err(Error::NobodyToAsk),
    };
    match answer {
        Ok(true) => Ok(()),
        Err(Error::NobodyToAsk) if arguments.yes || !plan.is_dangerous() => Ok(()),
        Err(Error::NobodyToAsk) => Err(Error::Declined(
            "nothing was done: somebody has to agree to what is marked ATTENTION above; say --yes"
                .to_owned(),
        )),
        Ok(false) => Err(Error::Declined("nothing was done".to_owned())),
        Err(error) => Err(error),
    }
}

fn perform<'a>(
    machine: &Machine,
    installation: &Installation,
    plan: &'a Plan,
    passphrase: Option<Passphrase>,
    mut undos: Undos,
    progress: &mut Progress,
) -> Result<Vec<Outcome<'a>>> {
    let mut opened = Vec::new();
    for plan in &plan.qubes {
        let identities = match &passphrase {
            Some(passphrase) => {
                progress.stage(&plan.target, "opening the keys");
                open(machine, installation, plan, passphrase, &mut undos)?
            }
            None => Ok(Vec::new()),
        };
        opened.push((plan, identities));
    }
    let mut work = Work {
        machine,
        installation,
        undos: &mut undos,
        progress,
    };
    let (mut outcomes, mut done) = (Vec::new(), Vec::new());
    for (plan, identities) in opened {
        let restored = match identities {
            _ if machine.stop.asked() => Err(Error::Stopped),
            Ok(identities) => work.restore(plan, identities),
            Err(error) => Err(error),
        };
        match restored {
            Ok(summaries) => done.push((plan, summaries)),
            Err(error) => outcomes.push(Outcome {
                name: plan.target.clone(),
                result: Err(error),
            }),
        }
    }
    let plans: Vec<&QubePlan> = done.iter().map(|(plan, _)| *plan).collect();
    let finished = work.finish(&plans)?;
    for ((plan, summaries), warnings) in done.into_iter().zip(finished) {
        let restored = warnings.map(|warnings| Restored {
            plan,
            summaries,
            warnings,
        });
        outcomes.push(Outcome {
            name: plan.target.clone(),
            result: restored,
        });
    }
    Ok(outcomes)
}

/// The identities of a qube's volumes. A passphrase that is wrong is so for all qubes, and ends
/// everything; what is wrong with one of them does not.
pub(super) fn open(
    machine: &Machine,
    installation: &Installation,
    plan: &QubePlan,
    passphrase: &Passphrase,
    undos: &mut Undos,
) -> Result<Result<Vec<Identity>>> {
    let mut identities = Vec::new();
    for volume in &plan.volumes {
        let (qube, passphrase) = (&volume.qube, passphrase.clone());
        match restore::open_identity(machine, installation, qube, passphrase, undos) {
            Ok(identity) => identities.push(identity),
            Err(error @ Error::Disagree(_)) => return Ok(Err(error)),
            Err(error) => return Err(error.of(&plan.target)),
        }
    }
    Ok(Ok(identities))
}

/// Has the next backup store again what was in a pack that is missing or damaged.
pub(super) fn note_lost_pack(
    installation: &mut Installation,
    volumes: &[Volume],
    error: &Error,
) -> Result<()> {
    let (Error::Fault(_, fault), true) = (error, error.is_loss()) else {
        return Ok(());
    };
    // Whatever was lost, the next backup looks, and stores again what it can.
    for volume in volumes {
        unchanged::forget(volume.qube.id)?;
    }
    let book = &installation.ledger.book;
    let needs = |volume: &&Volume, pack: &Digest| {
        let history = book.history(volume.qube.id);
        history.is_some_and(|history| history.packs.is_live(pack))
    };
    let Some(pack) = fault.object else {
        return Ok(());
    };
    let Some(volume) = volumes.iter().find(|volume| needs(volume, &pack)) else {
        return Ok(());
    };
    let qube = volume.qube.id;
    installation
        .ledger
        .append(Record::PackLost { qube, pack })?;
    let name = &volume.qube.name;
    eprintln!("qib: the next backup of {name} stores again what it still has of that object");
    Ok(())
}
