//! `qib backup dom0`, `qib restore dom0`: dom0 itself.

use super::{Ended, print_json};
use crate::cli::Restore;
use crate::destination::{Destination, Destinations};
use crate::dom0::{self, Difference, Scan, Stored};
use crate::error::{Error, Result};
use crate::ledger::book::{Book, StoredDom0};
use crate::ledger::record::{Dom0Record, Record};
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::records::Records;
use crate::storage::{self, Away};
use crate::text;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

/// How many places that are left out are named.
const NAMED: usize = 10;

/// What came of dom0 at each storage qube.
pub(super) type Outcomes = Vec<(Destination, Result<Backup>)>;

/// What came of dom0 at one of them.
pub(super) struct Backup {
    scan: Scan,
    /// None in a dry run.
    stored: Option<Stored>,
    /// The snapshot that dom0 has now, if there is one.
    newest: Option<Dom0Record>,
    seconds: f64,
}

/// Backs dom0 up to one storage qube after the other; `anew` stores also what is stored already.
pub(super) fn back_up_to(
    machine: &Machine,
    installation: &mut Installation,
    storages: &Destinations,
    away: &Away,
    (anew, dry_run): (bool, bool),
) -> Outcomes {
    let mut one = |storage: &Destination| {
        away.check(storage)?;
        back_up(machine, installation, storage, (anew, dry_run))
    };
    let outcomes = storages
        .iter()
        .map(|storage| (storage.clone(), one(storage)));
    outcomes.collect()
}

fn back_up(
    machine: &Machine,
    installation: &mut Installation,
    storage: &Destination,
    (anew, dry_run): (bool, bool),
) -> Result<Backup> {
    if machine.stop.asked() {
        return Err(Error::Stopped);
    }
    let began = Instant::now();
    let scan = dom0::scan()?;
    let stored = if dry_run {
        None
    } else {
        Some(store(machine, installation, storage, &scan, anew)?)
    };
    Ok(Backup {
        scan,
        stored,
        newest: newest_at(&installation.ledger.book, storage).cloned(),
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// What lies at another storage qube is no part of what is stored here.
fn newest_at<'a>(book: &'a Book, storage: &Destination) -> Option<&'a Dom0Record> {
    let mut newest_first = book.dom0().iter().rev();
    let newest = newest_first.find(|stored| stored.storage.as_ref() == Some(storage));
    newest.map(|stored| &stored.record)
}

fn store(
    machine: &Machine,
    installation: &mut Installation,
    storage: &Destination,
    scan: &Scan,
    anew: bool,
) -> Result<Stored> {
    let key = installation.keys.dom0();
    let book = &installation.ledger.book;
    let last = book.dom0().last();
    let sequence = last.map_or(1, |last| last.record.sequence.saturating_add(1));
    let last = newest_at(book, storage).filter(|_| !anew);
    let mut records = Records::start(machine, storage)?;
    let stored = dom0::store(&mut records, &key, scan, last, sequence)?;
    if let Some(record) = &stored.record {
        installation.ledger.append(Record::Dom0At {
            storage: storage.clone(),
            record: Box::new(record.clone()),
        })?;
        records.copy_ledger(&installation.ledger)?;
    }
    Ok(stored)
}

/// Prints what came of dom0 at a storage qube, which is named if it is to be.
pub(super) fn print(storage: Option<&Destination>, outcome: &Result<Backup>) {
    let at = storage.map_or_else(String::new, |storage| format!(" at {storage}"));
    let backup = match outcome {
        Ok(backup) => backup,
        Err(error) => return eprintln!("qib: error: dom0{at}: {error}"),
    };
    match (&backup.stored, &backup.newest) {
        (Some(stored), Some(newest)) => {
            let is = if stored.record.is_some() {
                "snapshot"
            } else {
                "unchanged since snapshot"
            };
            println!(
                "dom0{at}: {is} {} of {}\n  {} files, {}, in {} folders; {} links\n  new {}; \
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
pub(super) fn json(storage: &Destination, outcome: &Result<Backup>) -> Value {
    match outcome {
        Ok(backup) => json!({
            "ok": true,
            "storage": storage.to_string(),
            "snapshot": backup.newest.as_ref().map(snapshot_json),
            "unchanged": backup.stored.as_ref().is_some_and(|stored| stored.record.is_none()),
            "bytes_new": backup.stored.as_ref().map(|stored| stored.bytes_new),
            "objects": backup.stored.as_ref().map(|stored| stored.objects),
            "left_out": backup.scan.left_out,
            "seconds": backup.seconds,
        }),
        Err(error) => {
            json!({ "ok": false, "storage": storage.to_string(), "error": error.to_string() })
        }
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

/// The same, and where it lies.
pub(super) fn stored_json(stored: &StoredDom0) -> Value {
    let mut value = snapshot_json(&stored.record);
    if let Some(object) = value.as_object_mut() {
        let storage = stored.storage.as_ref().map(Destination::to_string);
        object.insert("storage".to_owned(), json!(storage));
    }
    value
}

/// `qib restore dom0`: beside dom0's own files, or nothing but what differs.
pub(super) fn restore(arguments: &Restore, quiet: bool) -> Result<Ended> {
    if arguments.to.is_none() && !arguments.diff {
        return Err(Error::Usage(
            "dom0 is restored beside, never over: name a folder to make with --to FOLDER, or see \
             what differs with --diff"
                .to_owned(),
        ));
    }
    if arguments.is_of_files() {
        let text =
            "of dom0 everything comes back, into the folder of --to: take from there what you want";
        return Err(Error::Usage(text.to_owned()));
    }
    let machine = Machine::open()?;
    let installation = Installation::open()?;
    let stored = choose(&installation, arguments)?;
    let (snapshot, storage) = (&stored.record, stored.storage()?);
    storage::wake(storage, &Progress::new(quiet))?;
    let key = installation.keys.dom0();
    let mut records = Records::start(&machine, storage)?;
    let entries = dom0::snapshot(&mut records, &key, snapshot)?;
    let Some(to) = &arguments.to else {
        let differences = dom0::differences(&entries, &dom0::scan()?)?;
        return show(arguments, snapshot, &differences);
    };
    dom0::put_back(&mut records, &key, &entries, to)
        .map_err(|error| Error::Restore(format!("{error}; dom0 was not restored in full")))?;
    report(arguments, snapshot, to)
}

fn choose<'a>(installation: &'a Installation, arguments: &Restore) -> Result<&'a StoredDom0> {
    let is_meant = |stored: &&StoredDom0| {
        let number = arguments.snapshot;
        number.is_none_or(|number| stored.record.sequence == number)
            && (arguments.dest_vm.is_none() || stored.storage == arguments.dest_vm)
    };
    let mut newest_first = installation.ledger.book.dom0().iter().rev();
    let chosen = newest_first.find(is_meant);
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
