//! `qib backup dom0`, `qib restore dom0`: dom0 itself.

use super::{Ended, print_json};
use crate::cli::Restore;
use crate::dom0::{self, Difference, Scan, Stored};
use crate::error::{Error, Result};
use crate::ledger::record::{Dom0Record, Record};
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::records::Records;
use crate::{storage, text};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

/// How many places that are left out are named.
const NAMED: usize = 10;

/// What came of dom0.
pub(super) struct Backup {
    scan: Scan,
    /// None in a dry run.
    stored: Option<Stored>,
    /// The snapshot that dom0 has now, if there is one.
    newest: Option<Dom0Record>,
    seconds: f64,
}

/// Backs dom0 up; `anew` stores also what is stored already.
pub(super) fn back_up(
    machine: &Machine,
    installation: &mut Installation,
    anew: bool,
    dry_run: bool,
) -> Result<Backup> {
    if machine.stop.asked() {
        return Err(Error::Stopped);
    }
    let began = Instant::now();
    let scan = dom0::scan()?;
    let stored = if dry_run {
        None
    } else {
        Some(store(machine, installation, &scan, anew)?)
    };
    Ok(Backup {
        scan,
        stored,
        newest: installation.ledger.book.dom0().last().cloned(),
        seconds: began.elapsed().as_secs_f64(),
    })
}

fn store(
    machine: &Machine,
    installation: &mut Installation,
    scan: &Scan,
    anew: bool,
) -> Result<Stored> {
    let key = installation.keys.dom0();
    let last = installation.ledger.book.dom0().last();
    let sequence = last.map_or(1, |last| last.sequence.saturating_add(1));
    let last = last.filter(|_| !anew);
    let mut records = Records::start(machine)?;
    let stored = dom0::store(&mut records, &key, scan, last, sequence)?;
    if let Some(record) = &stored.record {
        let record = Record::Dom0(Box::new(record.clone()));
        installation.ledger.append(record)?;
        records.copy_ledger(&installation.ledger)?;
    }
    Ok(stored)
}

/// Prints what came of dom0.
pub(super) fn print(outcome: &Result<Backup>) {
    let backup = match outcome {
        Ok(backup) => backup,
        Err(error) => return eprintln!("qib: error: dom0: {error}"),
    };
    match (&backup.stored, &backup.newest) {
        (Some(stored), Some(newest)) => {
            let is = if stored.record.is_some() {
                "snapshot"
            } else {
                "unchanged since snapshot"
            };
            println!(
                "dom0: {is} {} of {}\n  {} files, {}, in {} folders; {} links\n  new {}; \
                 stored {} objects; {:.1} s",
                newest.sequence,
                text::time(newest.time),
                text::number(newest.files),
                text::bytes(newest.file_bytes),
                text::number(newest.folders),
                text::number(newest.links),
                text::bytes(stored.bytes_new),
                text::number(stored.objects),
                backup.seconds,
            );
        }
        _ => println!(
            "dom0: dry run, no snapshot was stored\n  {} files, folders and links",
            backup.scan.found.len()
        ),
    }
    let left_out = &backup.scan.left_out;
    for line in left_out.iter().take(NAMED) {
        println!("  left out: {line}");
    }
    if let Some(more) = left_out.len().checked_sub(NAMED).filter(|more| *more > 0) {
        println!("  left out: {more} more");
    }
}

/// The same for programs.
pub(super) fn json(outcome: &Result<Backup>) -> Value {
    match outcome {
        Ok(backup) => json!({
            "ok": true,
            "snapshot": backup.newest.as_ref().map(snapshot_json),
            "unchanged": backup.stored.as_ref().is_some_and(|stored| stored.record.is_none()),
            "bytes_new": backup.stored.as_ref().map(|stored| stored.bytes_new),
            "objects": backup.stored.as_ref().map(|stored| stored.objects),
            "left_out": backup.scan.left_out,
            "seconds": backup.seconds,
        }),
        Err(error) => json!({ "ok": false, "error": error.to_string() }),
    }
}

/// A snapshot of dom0, for programs.
pub(super) fn snapshot_json(record: &Dom0Record) -> Value {
    json!({
        "snapshot": record.sequence,
        "time": record.time,
        "files": record.files,
        "folders": record.folders,
        "links": record.links,
        "file_bytes": record.file_bytes,
    })
}

/// `qib restore dom0`: beside dom0's own files, or nothing but what differs.
pub(super) fn restore(arguments: &Restore, quiet: bool) -> Result<Ended> {
    if arguments.to.is_none() && !arguments.diff {
        return Err(Error::Restore(
            "dom0 is restored beside, never over: name a folder to make with --to FOLDER, or see \
             what differs with --diff"
                .to_owned(),
        ));
    }
    let machine = Machine::open()?;
    let installation = Installation::open()?;
    let snapshot = choose(&installation, arguments.snapshot)?;
    storage::wake(&machine, &Progress::new(quiet))?;
    let key = installation.keys.dom0();
    let mut records = Records::start(&machine)?;
    let entries = dom0::snapshot(&mut records, &key, snapshot)?;
    let Some(to) = &arguments.to else {
        let differences = dom0::differences(&entries, &dom0::scan()?)?;
        return show(arguments, snapshot, &differences);
    };
    dom0::put_back(&mut records, &key, &entries, to)
        .map_err(|error| Error::Restore(format!("{error}; dom0 was not restored in full")))?;
    report(arguments, snapshot, to)
}

fn choose(installation: &Installation, sequence: Option<u64>) -> Result<&Dom0Record> {
    let all = installation.ledger.book.dom0();
    let chosen = match sequence {
        Some(number) => all.iter().find(|record| record.sequence == number),
        None => all.last(),
    };
    chosen.ok_or_else(|| {
        let text = "dom0 has no such snapshot; see 'qib snapshots'";
        Error::Restore(text.to_owned())
    })
}

fn show(arguments: &Restore, snapshot: &Dom0Record, differences: &[Difference]) -> Result<Ended> {
    if arguments.json {
        let one = |difference: &Difference| json!({ "path": difference.path.shown(), "how": difference.how });
        let all: Vec<Value> = differences.iter().map(one).collect();
        print_json(&json!({ "since": snapshot_json(snapshot), "differences": all }))?;
        return Ok(Ended::Well);
    }
    for difference in differences {
        println!("{:<12}  {}", difference.how, difference.path.shown());
    }
    println!(
        "dom0: {} since snapshot {} of {}",
        text::count(
            u64::try_from(differences.len()).unwrap_or(u64::MAX),
            "difference",
            "differences"
        ),
        snapshot.sequence,
        text::time(snapshot.time),
    );
    Ok(Ended::Well)
}

fn report(arguments: &Restore, snapshot: &Dom0Record, to: &Path) -> Result<Ended> {
    if arguments.json {
        print_json(&json!({ "qube": "dom0", "to": to, "snapshot": snapshot_json(snapshot) }))?;
        return Ok(Ended::Well);
    }
    println!(
        "dom0: snapshot {} of {} is in {}: {} files, {}. Nothing else was touched.",
        snapshot.sequence,
        text::time(snapshot.time),
        to.display(),
        text::number(snapshot.files),
        text::bytes(snapshot.file_bytes),
    );
    Ok(Ended::Well)
}
