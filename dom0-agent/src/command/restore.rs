//! `qib restore`: a plan, the passphrase, then the new qube.

use super::{Ended, dom0, print_json};
use crate::cli::{Restore, Source};
use crate::error::{Error, Peer, Result};
use crate::ledger::record::Record;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::restore::{self, Plan, Volume, Wish};
use crate::unchanged;
use crate::undo::Undos;
use crate::{passphrase, report, storage, text};
use qib_rpc::fault::Code;
use qib_rpc::id::Digest;
use qib_rpc::key::Passphrase;
use qib_rpc::limit::MAX_PATHS;
use qib_rpc::message::restore::{RestoreSummary, ToldApart};
use qib_rpc::name::QubeName;
use qib_rpc::path::{PathPattern, PathPatterns};
use qib_rpc::reading::Manner;
use serde_json::{Value, json};
use std::time::Instant;

pub(super) fn run(arguments: &Restore, quiet: bool) -> Result<Ended> {
    let Source::Qube(name) = &arguments.qube else {
        return dom0::restore(arguments, quiet);
    };
    if arguments.to.is_some() || arguments.diff {
        let text = "--to and --diff are of dom0; a qube is restored as a new one, with --as NAME";
        return Err(Error::Restore(text.to_owned()));
    }
    let began = Instant::now();
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let mut progress = Progress::new(quiet);
    let undos = Undos::sweep()?;
    storage::wake(&machine, &progress)?;
    let plan = restore::plan(&machine, &installation, &wish(arguments, name)?)?;
    let passphrase = passphrase::read(arguments.passphrase_file.as_deref(), &machine.stop)?;
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
    let summaries = done.map_err(|error| error.of(&plan.target))?;
    let seconds = began.elapsed().as_secs_f64();
    let volumes = plan.volumes.iter().zip(&summaries);
    if arguments.json {
        let mut of_volumes = volumes.map(|(volume, summary)| json(&plan, volume, summary, seconds));
        let mut whole = of_volumes.next().unwrap_or_default();
        if let (Some(whole), Some(root)) = (whole.as_object_mut(), of_volumes.next()) {
            whole.insert("root".to_owned(), root);
        }
        print_json(&whole)?;
    } else {
        volumes.for_each(|(volume, summary)| report(&plan.target, volume, summary, seconds));
    }
    Ok(Ended::Well)
}

fn wish<'a>(arguments: &'a Restore, name: &'a QubeName) -> Result<Wish<'a>> {
    Ok(Wish {
        name,
        id: arguments.id.as_deref(),
        sequence: arguments.snapshot,
        target: arguments.target.clone(),
        paths: paths(&arguments.paths)?,
        size: arguments.size,
        told_apart: if arguments.random_uuid {
            ToldApart::AtRandom
        } else {
            ToldApart::BySnapshot
        },
    })
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
) -> Result<Vec<RestoreSummary>> {
    progress.stage(&plan.target, "opening the keys");
    let mut identities = Vec::new();
    for volume in &plan.volumes {
        let (passphrase, undos) = (passphrase.clone(), &mut undos);
        let identity = restore::open_identity(machine, installation, volume, passphrase, undos)?;
        identities.push(identity);
    }
    restore::restore(
        machine,
        installation,
        plan,
        identities,
        &mut undos,
        progress,
    )
}

/// Has the next backup store again what was in a pack that is missing or damaged.
fn note_lost_pack(installation: &mut Installation, plan: &Plan, error: &Error) -> Result<()> {
    let Error::Fault(Peer::Helper, fault) = error else {
        return Ok(());
    };
    let lost = matches!(fault.code, Code::Missing | Code::Damaged);
    if lost {
        // Whatever was lost, the next backup looks, and stores again what it can.
        for volume in &plan.volumes {
            unchanged::forget(volume.qube.id)?;
        }
    }
    let book = &installation.ledger.book;
    let needs = |volume: &&Volume, pack: &Digest| {
        let history = book.history(volume.qube.id);
        history.is_some_and(|history| history.packs.is_live(pack))
    };
    let Some(pack) = fault.object.filter(|_| lost) else {
        return Ok(());
    };
    let Some(volume) = plan.volumes.iter().find(|volume| needs(volume, &pack)) else {
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

fn json(plan: &Plan, volume: &Volume, summary: &RestoreSummary, seconds: f64) -> Value {
    json!({
        "qube": plan.target.as_str(),
        "from": volume.qube.name.as_str(),
        "snapshot": volume.snapshot.sequence,
        "time": volume.snapshot.time,
        "seconds": seconds,
        "counts": report::counts(&summary.counts),
        "bytes_fetched": summary.counts.bytes_stored,
        "whole": summary.skipped == 0,
        "skipped": summary.skipped,
    })
}

fn report(target: &QubeName, volume: &Volume, summary: &RestoreSummary, seconds: f64) {
    let counts = &summary.counts;
    println!(
        "{target}{}: {} from snapshot {} of {}, {}",
        volume.part.suffix(),
        if volume.paths.is_some() {
            "what was named was restored"
        } else {
            "restored"
        },
        volume.snapshot.sequence,
        volume.qube.name,
        text::time(volume.snapshot.time)
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
    match volume.manner {
        Manner::Reader => {}
        Manner::Disk => {
            println!("  its partition table and what lies beside its files, as they were")
        }
        Manner::Kernel(kind) => println!("  it was {}; now it is ext4", kind.text()),
        Manner::Image(kind) => println!("  the volume as it was: {}", kind.text()),
    }
    if summary.skipped > 0 {
        let skipped = text::number(summary.skipped);
        println!("  less than whole: {skipped} extended attributes have no form in ext4");
    }
}
