//! `qib drill`: a restore that is thrown away once everything was read back.

use super::restore::{note_lost_pack, open};
use super::{Ended, print_json};
use crate::cli::Drill as Arguments;
use crate::error::{Error, Result};
use crate::ledger::proofs::{Proof, ProofRecord};
use crate::ledger::record::Record;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::restore::choices::{Choices, Scope};
use crate::restore::exists::Exists;
use crate::restore::plan::{QubePlan, plan};
use crate::restore::source::{Wish, find};
use crate::restore::{Volume, Work};
use crate::undo::Undos;
use crate::{passphrase, report, storage, text};
use qib_rpc::class::Classes;
use qib_rpc::hex;
use qib_rpc::message::restore::{RestoreSummary, ToldApart};
use qib_rpc::name::QubeName;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Instant;

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    let began = Instant::now();
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let mut progress = Progress::new(quiet);
    let mut undos = Undos::sweep()?;
    let plan = decide(&machine, &installation, arguments, &progress)?;
    let passphrase = passphrase::read(arguments.passphrase_file.as_deref(), &machine.stop)?;
    let time = machine.now();
    progress.stage(&plan.target, "opening the keys");
    let identities = open(&machine, &installation, &plan, &passphrase, &mut undos)??;
    let mut work = Work {
        machine: &machine,
        installation: &installation,
        undos: &mut undos,
        progress: &mut progress,
    };
    let done = work.drill(&plan, identities);
    progress.clear();
    let summaries = match done {
        Ok(summaries) => summaries,
        Err(error) => {
            note_lost_pack(&mut installation, &plan.volumes, &error)?;
            let is_found_out = error.is_loss();
            let error = error.of(&arguments.qube);
            if !is_found_out {
                return Err(error);
            }
            // To find that out is what a drill is for.
            eprintln!("qib: error: {error}");
            return Ok(Ended::Wrong);
        }
    };
    note(&mut installation, &plan, &summaries, time)?;
    storage::spread(&machine, &installation);
    let seconds = began.elapsed().as_secs_f64();
    let volumes = plan.volumes.iter().zip(&summaries);
    if arguments.json {
        let volumes = volumes.map(|(volume, summary)| to_json(volume, summary, seconds));
        print_json(&json!({ "qubes": volumes.collect::<Vec<Value>>() }))?;
    } else {
        volumes.for_each(|(volume, summary)| print(volume, summary, seconds));
    }
    Ok(Ended::Well)
}

/// The plan of a restore under a name that no other qube has; settings prove nothing here.
fn decide(
    machine: &Machine,
    installation: &Installation,
    arguments: &Arguments,
    progress: &Progress,
) -> Result<QubePlan> {
    let wish = Wish {
        name: &arguments.qube,
        id: arguments.id.as_deref(),
        storage: arguments.dest_vm.as_ref(),
        sequence: arguments.snapshot,
        paths: None,
        size: None,
        without: Classes::default(),
        told_apart: ToldApart::BySnapshot,
    };
    let history = wish.history(&installation.ledger.book)?;
    storage::wake(history.storage()?, progress)?;
    let source = find(machine, installation, &wish)?;
    let name = format!("qib-drill-{}", hex::encode(&machine.random::<4>()?));
    let choices = Choices {
        target: QubeName::parse(&name).ok(),
        scope: Scope::Data,
        ignore_missing: true,
        ..Choices::default()
    };
    let mut plan = plan(vec![source], &Exists::read(&BTreeSet::new())?, &choices);
    if let Some((_, why)) = plan.left_out.pop() {
        return Err(Error::Restore(why));
    }
    let stored = plan.qubes.pop().filter(|plan| !plan.volumes.is_empty());
    let none = || Error::Restore(format!("{} has no snapshot to drill", arguments.qube));
    stored.ok_or_else(none)
}

/// Keys were opened, and everything came back.
fn note(
    installation: &mut Installation,
    plan: &QubePlan,
    summaries: &[RestoreSummary],
    time: i64,
) -> Result<()> {
    for (volume, summary) in plan.volumes.iter().zip(summaries) {
        let qube = volume.qube.id;
        let ledger = &mut installation.ledger;
        ledger.append(Record::IdentityProved { qube, time })?;
        ledger.append(Record::Proved(ProofRecord {
            qube,
            sequence: volume.snapshot.sequence,
            time,
            proof: Proof::Drilled,
            objects: summary.counts.objects,
            bytes: summary.counts.bytes_stored,
            lost: 0,
        }))?;
    }
    Ok(())
}

fn print(volume: &Volume, summary: &RestoreSummary, seconds: f64) {
    let counts = &summary.counts;
    println!(
        "{}{}: snapshot {} of {} was restored, read back and thrown away again\n  \
         {} files, {}, in {} folders; {} fetched in {} objects; {seconds:.1} s",
        volume.qube.name,
        volume.part.suffix(),
        volume.snapshot.sequence,
        text::time(volume.snapshot.time),
        text::number(counts.files),
        text::bytes(counts.file_bytes),
        text::number(counts.folders),
        text::bytes(counts.bytes_stored),
        text::number(counts.objects),
    );
}

fn to_json(volume: &Volume, summary: &RestoreSummary, seconds: f64) -> Value {
    json!({
        "qube": volume.qube.name.as_str(),
        "volume": volume.part.name(),
        "ok": true,
        "snapshot": volume.snapshot.sequence,
        "time": volume.snapshot.time,
        "counts": report::counts(&summary.counts),
        "seconds": seconds,
    })
}
