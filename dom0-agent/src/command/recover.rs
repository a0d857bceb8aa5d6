//! `qib recover`: an empty dom0 gets everything back from kit and storage.

use super::{Ended, print_json};
use crate::cli::Recover;
use crate::destination::Destination;
use crate::error::{Error, Result, at};
use crate::keys::Keys;
use crate::ledger::book::{Book, History};
use crate::ledger::record::{Record, SnapshotRecord};
use crate::ledger::{Fresh, Ledger};
use crate::machine::Machine;
use crate::progress::Progress;
use crate::receipt::Receipt;
use crate::records::Records;
use crate::undo::Undos;
use crate::{holds, passphrase, recover, state, storage, text};
use qib_rpc::key::{Kit, Recipient};
use qib_rpc::limit::MAX_KIT_BYTES;
use qib_rpc::name::QubeName;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

pub(super) fn run(arguments: &Recover, quiet: bool) -> Result<Ended> {
    let machine = Machine::open()?;
    if state::is_initialised() {
        return Err(Error::Restore(format!(
            "this dom0 is set up already, and nothing of it is overwritten: {} is there",
            state::ledger_path().display()
        )));
    }
    let progress = Progress::new(quiet);
    let mut undos = Undos::sweep()?;
    storage::start(&machine.config.storage.qube, &progress)?;
    let kit = match &arguments.kit {
        Some(path) => kit_in_file(path)?,
        None => {
            let mut records = Records::start(&machine, &machine.config.storage)?;
            recover::kit_at_storage(&mut records)?
        }
    };
    let passphrase = passphrase::read(arguments.passphrase_file.as_deref(), &machine.stop)?;
    progress.stage(&machine.config.storage.qube, "opening the recovery kit");
    let opened = recover::open_kit(&machine, kit.clone(), passphrase, &mut undos)?;
    state::refuse_others(&opened.secret, &kit)?;
    progress.stage(&machine.config.storage.qube, "fetching the ledger");
    let keys = Keys::new(&opened.secret);
    let fresh = fetch(
        &machine,
        &keys,
        &opened.recipient,
        arguments.receipt.as_ref(),
    )?;
    state::write(&opened.secret, &kit)?;
    let mut ledger = fresh.keep()?;
    let missing = find_places(&machine, &mut ledger)?;
    if arguments.json {
        print_json(&json(&machine, &ledger))?;
    } else {
        report(&machine, &ledger, arguments.receipt.as_ref());
        report_elsewhere(&machine, &ledger, &missing);
    }
    Ok(Ended::Well)
}

fn kit_in_file(path: &Path) -> Result<Kit> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_KIT_BYTES).unwrap_or(0).saturating_add(1);
    let file = File::open(path).map_err(at(path))?;
    file.take(limit).read_to_end(&mut bytes).map_err(at(path))?;
    let no_kit = |_| Error::Restore(format!("{} is no recovery kit", path.display()));
    Kit::new(bytes).map_err(no_kit)
}

fn fetch(
    machine: &Machine,
    keys: &Keys,
    master: &Recipient,
    receipt: Option<&Receipt>,
) -> Result<Fresh> {
    let mut records = Records::start(machine, &machine.config.storage)?;
    let chain = recover::ledger_at_storage(&mut records, &keys.ledger())?;
    let mut fresh = Fresh::begin(&state::ledger_path(), keys.ledger())?;
    chain.iter().try_for_each(|sealed| fresh.take(sealed))?;
    if let Some(receipt) = receipt {
        recover::compare(receipt, keys, &chain)?;
    }
    if fresh.book().master() == Some(master) {
        return Ok(fresh);
    }
    Err(Error::Disagree(
        "the ledger's master recipient is not the one of the recovery kit".to_owned(),
    ))
}

/// Notes under which name the storage qube goes now; returns the qubes of whose histories it does
/// not have the keys, although the ledger says that they lie there.
fn find_places(machine: &Machine, ledger: &mut Ledger) -> Result<BTreeSet<QubeName>> {
    let storage = &machine.config.storage;
    ledger.book.assume(storage);
    let found = holds::find(machine, storage, &ledger.book)?;
    for from in holds::former_names(&ledger.book, storage, &found) {
        let to = storage.clone();
        ledger.append(Record::Moved { from, to })?;
    }
    let is_missing =
        |history: &&History| history.lies_at(storage) && !found.contains(&history.qube.id);
    let missing = ledger.book.histories().filter(is_missing);
    Ok(missing.map(|history| history.qube.name.clone()).collect())
}

/// The newest snapshot of each history that has one.
fn newest(book: &Book) -> impl Iterator<Item = (&History, &SnapshotRecord)> {
    let mut histories: Vec<&History> = book.histories().collect();
    histories.sort_by_key(|history| (&history.qube.name, history.part(), history.qube.id));
    histories
        .into_iter()
        .filter_map(|history| Some((history, history.snapshots.last()?)))
}

fn json(machine: &Machine, ledger: &Ledger) -> Value {
    let elsewhere = holds::elsewhere(&ledger.book, &machine.config.storage);
    let elsewhere = elsewhere.into_iter().map(|(storage, qubes)| {
        let qubes: Vec<&str> = qubes.into_iter().map(QubeName::as_str).collect();
        json!({ "storage": storage.to_string(), "qubes": qubes })
    });
    let snapshots = newest(&ledger.book).map(|(history, snapshot)| {
        json!({
            "qube": history.qube.name.as_str(),
            "part": history.part().name(),
            "id": history.qube.id.to_string(),
            "storage": history.storage.as_ref().map(Destination::to_string),
            "snapshot": snapshot.sequence,
            "time": snapshot.time,
        })
    });
    json!({
        "records": ledger.next().sequence,
        "newest": {
            "record": ledger.next().sequence.saturating_sub(1),
            "time": ledger.newest_time(),
        },
        "qubes": snapshots.collect::<Vec<Value>>(),
        "elsewhere": elsewhere.collect::<Vec<Value>>(),
    })
}

fn report(machine: &Machine, ledger: &Ledger, receipt: Option<&Receipt>) {
    let records = ledger.next().sequence;
    println!(
        "Recovered from {}: {} of the ledger; the newest is record {} of {}.",
        machine.config.storage,
        text::count(records, "record", "records"),
        records.saturating_sub(1),
        text::time(ledger.newest_time()),
    );
    let here = newest(&ledger.book).filter(|(history, _)| history.lies_at(&machine.config.storage));
    for (history, snapshot) in here {
        println!(
            "  {}{}: snapshot {} of {}",
            history.qube.name,
            history.part().suffix(),
            snapshot.sequence,
            text::time(snapshot.time),
        );
    }
    match receipt {
        Some(receipt) => println!(
            "What the receipt stands for, record {}, is among it.",
            receipt.sequence()
        ),
        None => println!(
            "Do you know of anything newer? Then the storage shows an older state than it had."
        ),
    }
    println!("Next: 'qib restore QUBE', and 'qib snapshots' for what there is.");
}

/// What this storage qube does not bring back.
fn report_elsewhere(machine: &Machine, ledger: &Ledger, missing: &BTreeSet<QubeName>) {
    let names = |names: &mut dyn Iterator<Item = &QubeName>| {
        names
            .map(QubeName::as_str)
            .collect::<Vec<&str>>()
            .join(", ")
    };
    let elsewhere = holds::elsewhere(&ledger.book, &machine.config.storage);
    let is_all_here = elsewhere.is_empty();
    for (storage, qubes) in elsewhere {
        println!(
            "At {storage}, not here: what was stored there of {}.",
            names(&mut qubes.into_iter())
        );
    }
    if !is_all_here {
        println!(
            "A storage qube that knows a newer state than this one is the one to recover from. \
             The others are used again after 'qib setup --storage QUBE', with --moved-from OLD \
             for one that has another name now."
        );
    }
    if !missing.is_empty() {
        let storage = &machine.config.storage;
        println!(
            "Missing at {storage}: what the ledger has there of {}.",
            names(&mut missing.iter())
        );
    }
}
