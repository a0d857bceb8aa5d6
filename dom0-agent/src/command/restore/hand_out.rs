//! `qib restore QUBE --path PATH --to QUBE`: files of a snapshot for a qube that is there.

use super::{Outcome, note_lost_pack, wishes};
use crate::admin::call;
use crate::cli::Restore as Arguments;
use crate::command::{Ended, print_json};
use crate::error::{Error, Result};
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::restore::{self, Volume, Work};
use crate::undo::Undos;
use crate::{passphrase, report, text};
use qib_rpc::message::restore::HandedOut;
use qib_rpc::name::QubeName;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

pub(super) fn run(arguments: &Arguments, to: &Path, quiet: bool) -> Result<Ended> {
    let began = Instant::now();
    if !arguments.is_of_files() {
        let text = "--to is for files, which --path names; a qube is restored as a new one, with --as NAME";
        return Err(Error::Usage(text.to_owned()));
    }
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let mut progress = Progress::new(quiet);
    let mut undos = Undos::sweep()?;
    let taker = taker(to)?;
    let volume = volume(&machine, &installation, arguments, &progress)?;
    if arguments.dry_run || !quiet {
        eprint!("{}", plan(&volume, &taker));
    }
    if arguments.dry_run {
        return Ok(Ended::Well);
    }
    let file = arguments.passphrase_file.as_deref();
    let passphrase = passphrase::read(file, &machine.stop)?;
    progress.stage(&volume.qube.name, "opening the keys");
    let qube = &volume.qube;
    let identity = restore::open_identity(&machine, &installation, qube, passphrase, &mut undos)?;
    let mut work = Work {
        machine: &machine,
        installation: &installation,
        undos: &mut undos,
        progress: &mut progress,
    };
    let handed = work.hand_out(&volume, identity, &taker);
    progress.clear();
    if let Err(error) = &handed {
        note_lost_pack(&mut installation, std::slice::from_ref(&volume), error)?;
    }
    let seconds = began.elapsed().as_secs_f64();
    tell(&volume, &taker, &handed?, seconds, arguments.json)?;
    Ok(Ended::Well)
}

/// The qube that takes the files.
fn taker(to: &Path) -> Result<QubeName> {
    let name = to.to_str().and_then(|name| QubeName::parse(name).ok());
    let shown = text::shown(&to.display().to_string(), "");
    let name = name.ok_or_else(|| Error::Usage(format!("'{shown}' is not a qube's name")))?;
    match call::find_qube(&name)? {
        Some(_) => Ok(name),
        None => Err(Error::Restore(format!(
            "there is no qube {name} to take the files; --as {name} makes one of them"
        ))),
    }
}

/// The one volume that paths are of.
fn volume(
    machine: &Machine,
    installation: &Installation,
    arguments: &Arguments,
    progress: &Progress,
) -> Result<Volume> {
    if arguments.qubes.len() > 1 {
        return Err(Error::Usage(
            "--to is with the files of one qube".to_owned(),
        ));
    }
    let (sources, failed) = wishes::sources(machine, installation, arguments, progress)?;
    if let Some(Outcome { name, result }) = failed.into_iter().next() {
        result.map_err(|error| error.of(&name))?;
    }
    let volumes = sources.into_iter().flat_map(|source| source.volumes);
    let found = volumes.into_iter().find(|volume| volume.paths.is_some());
    found.ok_or_else(|| Error::Restore("there is nothing to restore".to_owned()))
}

fn plan(volume: &Volume, taker: &QubeName) -> String {
    format!(
        "{taker}: files from snapshot {} of {}, {}, into its QubesIncoming; Qubes will ask you\n",
        volume.snapshot.sequence,
        volume.qube.name,
        text::time(volume.snapshot.time),
    )
}

fn tell(
    volume: &Volume,
    taker: &QubeName,
    handed: &HandedOut,
    seconds: f64,
    as_json: bool,
) -> Result<()> {
    if as_json {
        return print_json(&json(volume, taker, handed, seconds));
    }
    let counts = &handed.counts;
    println!(
        "{taker}: has {} of {} from snapshot {}, {}",
        text::count(counts.files, "file", "files"),
        volume.qube.name,
        volume.snapshot.sequence,
        text::time(volume.snapshot.time),
    );
    println!(
        "  {}, in {}; {} fetched in {}; {seconds:.1} s",
        text::bytes(counts.file_bytes),
        text::count(counts.folders, "folder", "folders"),
        text::bytes(counts.bytes_stored),
        text::count(counts.objects, "object", "objects"),
    );
    if handed.held_back > 0 {
        let held_back = text::number(handed.held_back);
        println!(
            "  held back: {held_back}, such as links that lead elsewhere; a folder counts as one"
        );
    }
    Ok(())
}

fn json(volume: &Volume, taker: &QubeName, handed: &HandedOut, seconds: f64) -> Value {
    json!({
        "qube": taker.as_str(),
        "from": volume.qube.name.as_str(),
        "snapshot": volume.snapshot.sequence,
        "time": volume.snapshot.time,
        "counts": report::counts(&handed.counts),
        "bytes_fetched": handed.counts.bytes_stored,
        "held_back": handed.held_back,
        "seconds": seconds,
    })
}
