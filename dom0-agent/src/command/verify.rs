//! `qib verify`: what is stored, against the ledger; one volume after the other.

mod affected;
mod own;
mod report;
mod work;

use super::{Ended, print_json};
use crate::cli::Verify;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::ledger::book::{Book, History};
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::undo::Undos;
use crate::verify::Amount;
use crate::{passphrase, storage};
use own::Own;
use qib_rpc::id::QubeId;
use report::Looked;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use work::Work;

pub(super) fn run(arguments: &Verify, quiet: bool) -> Result<Ended> {
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let volumes = volumes(&installation.ledger.book, arguments)?;
    let wants_open = arguments.open || arguments.passphrase_file.is_some();
    let file = arguments.passphrase_file.as_deref();
    let passphrase = wants_open.then(|| passphrase::read(file, &machine.stop));
    let passphrase = passphrase.transpose()?;
    let progress = Progress::new(quiet);
    let undos = Undos::sweep()?;
    let storages = storages(&installation.ledger.book, &volumes)?;
    let away = storage::reach(&machine, &installation, &storages, &progress)?;
    let mut work = Work {
        machine: &machine,
        installation: &mut installation,
        away: &away,
        amount: amount(arguments),
        sequence: arguments.snapshot,
        passphrase,
        helper: None,
        undos,
        progress,
    };
    let mut all = Vec::new();
    for volume in volumes {
        if machine.stop.asked() {
            return Err(Error::Stopped);
        }
        let looked = work.look(volume);
        work.progress.clear();
        if !arguments.json {
            looked.print();
        }
        all.push(looked);
    }
    work.undos.all()?;
    storage::spread(&machine, work.installation);
    // Of what is dom0's own there is no sample.
    let is_all = matches!(work.amount, Amount::All) && arguments.snapshot.is_none();
    let own: Vec<Own> = is_all
        .then(|| own(&work, arguments))
        .into_iter()
        .flatten()
        .collect();
    if arguments.json {
        let volumes: Vec<Value> = all.iter().map(Looked::json).collect();
        let own: Vec<Value> = own.iter().map(Own::json).collect();
        print_json(&json!({ "qubes": volumes, "own": own }))?;
    } else {
        own.iter().for_each(Own::print);
    }
    Ok(conclude(&all, &own))
}

fn amount(arguments: &Verify) -> Amount {
    match (arguments.sample, arguments.since) {
        (Some(percent), _) => Amount::Sample(percent),
        (None, Some(span)) => Amount::Since(span.seconds()),
        (None, None) => Amount::All,
    }
}

/// Where volumes lie.
fn storages(book: &Book, volumes: &[QubeId]) -> Result<BTreeSet<Destination>> {
    let histories = volumes.iter().filter_map(|volume| book.history(*volume));
    histories
        .map(|history| history.storage().cloned())
        .collect()
}

/// The volumes of the qubes that are named, or of all, that have snapshots where it is looked.
fn volumes(book: &Book, arguments: &Verify) -> Result<Vec<QubeId>> {
    let is_stored = |history: &&History| {
        let storage = arguments.dest_vm.as_ref();
        let is_there = storage.is_none_or(|storage| history.lies_at(storage));
        is_there && !history.snapshots.is_empty()
    };
    let names = &arguments.qubes;
    let mut found: Vec<&History> = Vec::new();
    for name in names {
        let of_name = book.named(name).into_iter();
        let with_roots = of_name.flat_map(|history| [book.root(history.qube.id), Some(history)]);
        let stored: Vec<&History> = with_roots.flatten().filter(is_stored).collect();
        if stored.is_empty() {
            let text = format!("{name} was never backed up; see 'qib snapshots'");
            return Err(Error::Restore(text));
        }
        found.extend(stored);
    }
    if names.is_empty() {
        found.extend(book.histories().filter(is_stored));
        found.sort_by_key(|history| (&history.qube.name, history.part()));
    }
    if found.is_empty() {
        let text = "nothing is stored yet, so nothing was checked";
        return Err(Error::Restore(text.to_owned()));
    }
    Ok(found.iter().map(|history| history.qube.id).collect())
}

/// What is dom0's own, at each storage qube that can be looked at; of one that is away its volumes
/// tell.
fn own(work: &Work<'_>, arguments: &Verify) -> Vec<Own> {
    let mut storages = work.installation.ledger.book.storages();
    let wanted = arguments.dest_vm.as_ref();
    storages.retain(|storage| wanted.is_none_or(|wanted| wanted == storage));
    storages.retain(|storage| work.away.check(storage).is_ok() && storage::runs(&storage.qube));
    let look = |storage| Own::look(work.machine, work.installation, storage, &arguments.qubes);
    storages.into_iter().map(look).collect()
}

/// That dom0's own is whole makes no partial success of volumes that could not be looked at.
fn conclude(all: &[Looked], own: &[Own]) -> Ended {
    let own = own.iter().map(Own::ended);
    let own = own.filter(|ended| *ended != Ended::Well);
    Ended::of_each(all.iter().map(Looked::ended).chain(own))
}
