//! `qib restore`: a plan, the passphrase, then the new qube.

use super::{Ended, print_json};
use crate::cli::Restore;
use crate::error::{Error, Peer, Result};
use crate::ledger::record::Record;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::restore::{self, Plan};
use crate::undo::Undos;
use crate::{passphrase, report, storage, text};
use qib_rpc::fault::Code;
use qib_rpc::id::Digest;
use qib_rpc::key::Passphrase;
use qib_rpc::limit::MAX_PATHS;
use qib_rpc::message::restore::{Fidelity, RestoreSummary};
use qib_rpc::path::{PathPattern, PathPatterns};
use qib_rpc::reading::Manner;
use serde_json::{Value, json};
use std::time::Instant;

pub(super) fn run(arguments: &Restore, quiet: bool) -> Result<Ended> {
    let began = Instant::now();
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let mut progress = Progress::new(quiet);
    let undos = Undos::sweep()?;
    let (number, target) = (arguments.snapshot, arguments.target.clone());
    let (name, id) = (&arguments.qube, arguments.id.as_deref());
    let paths = paths(&arguments.paths)?;
    let plan = restore::plan(&installation, name, id, number, target, paths)?;
    let passphrase = passphrase::read(arguments.passphrase_file.as_deref(), &machine.stop)?;
    storage::wake(&machine, &progress)?;
    let done = perform(
        &machine,
        &installation,
        &plan,
        passphrase,
        undos,
        &mut progress,
    );
    progress.clear();
    if let Err(error) = &done {
        note_lost_pack(&mut installation, &plan, error)?;
    }
    let summary = done.map_err(|error| error.of(&plan.target))?;
    let seconds = began.elapsed().as_secs_f64();
    if arguments.json {
        print_json(&json(&plan, &summary, seconds))?;
    } else {
        report(&plan, &summary, seconds);
    }
    Ok(Ended::Well)
}

fn paths(paths: &[PathPattern]) -> Result<Option<PathPatterns>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let paths = PathPatterns::try_from(paths.to_vec());
    paths
        .map(Some)
        .map_err(|_| Error::Restore(format!("--path may be given {MAX_PATHS} times at most")))
}

fn perform(
    machine: &Machine,
    installation: &Installation,
    plan: &Plan,
    passphrase: Passphrase,
    mut undos: Undos,
    progress: &mut Progress,
) -> Result<RestoreSummary> {
    progress.stage(&plan.target, "opening the keys");
    let identity = restore::open_identity(machine, installation, plan, passphrase, &mut undos)?;
    restore::restore(machine, installation, plan, identity, &mut undos, progress)
}

/// Has the next backup store again what was in a pack that is missing or damaged.
fn note_lost_pack(installation: &mut Installation, plan: &Plan, error: &Error) -> Result<()> {
    let Error::Fault(Peer::Helper, fault) = error else {
        return Ok(());
    };
    let lost = matches!(fault.code, Code::Missing | Code::Damaged);
    let history = installation.ledger.book.history(plan.qube.id);
    let is_live = |pack: &Digest| history.is_some_and(|history| history.packs.contains_key(pack));
    let Some(pack) = fault.object.filter(|pack| lost && is_live(pack)) else {
        return Ok(());
    };
    let qube = plan.qube.id;
    installation
        .ledger
        .append(Record::PackLost { qube, pack })?;
    let name = &plan.qube.name;
    eprintln!("qib: the next backup of {name} stores again what it still has of that object");
    Ok(())
}

fn json(plan: &Plan, summary: &RestoreSummary, seconds: f64) -> Value {
    json!({
        "qube": plan.target.as_str(),
        "from": plan.qube.name.as_str(),
        "snapshot": plan.snapshot.sequence,
        "time": plan.snapshot.time,
        "seconds": seconds,
        "counts": report::counts(&summary.counts),
        "bytes_fetched": summary.counts.bytes_stored,
        "whole": summary.fidelity != Fidelity::NamesContentsModes && summary.skipped == 0,
        "skipped": summary.skipped,
    })
}

fn report(plan: &Plan, summary: &RestoreSummary, seconds: f64) {
    let counts = &summary.counts;
    println!(
        "{}: {} from snapshot {} of {}, {}",
        plan.target,
        if plan.paths.is_some() {
            "what was named was restored"
        } else {
            "restored"
        },
        plan.snapshot.sequence,
        plan.qube.name,
        text::time(plan.snapshot.time)
    );
    println!(
        "  {} files, {}, in {} folders; {} links and others; {} fetched in {} objects; {seconds:.1} s",
        text::number(counts.files),
        text::bytes(counts.file_bytes),
        text::number(counts.folders),
        text::number(counts.others),
        text::bytes(counts.bytes_stored),
        text::number(counts.objects),
    );
    match plan.manner {
        Manner::Reader => {}
        Manner::Kernel(kind) => println!("  it was {}; now it is ext4", kind.text()),
        Manner::Image(kind) => println!("  the volume as it was: {}", kind.text()),
    }
    if summary.fidelity == Fidelity::NamesContentsModes {
        println!(
            "  less than whole: the helper may not mount here, so owners, devices and extended \
             attributes were not restored"
        );
    } else if summary.skipped > 0 {
        let skipped = text::number(summary.skipped);
        println!("  less than whole: {skipped} owners, attributes or devices could not be set");
    }
}
