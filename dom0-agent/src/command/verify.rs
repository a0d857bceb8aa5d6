//! `qib verify`: what is stored, against the ledger; one volume after the other.

mod report;
mod work;

use super::{Ended, print_json};
use crate::cli::Verify;
use crate::error::{Error, Result};
use crate::ledger::book::{Book, History};
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::undo::Undos;
use crate::verify::Amount;
use crate::{passphrase, storage};
use qib_rpc::id::QubeId;
use qib_rpc::name::QubeName;
use report::Looked;
use serde_json::{Value, json};
use work::Work;

pub(super) fn run(arguments: &Verify, quiet: bool) -> Result<Ended> {
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let volumes = volumes(&installation.ledger.book, &arguments.qubes)?;
    let wants_open = arguments.open || arguments.passphrase_file.is_some();
    let file = arguments.passphrase_file.as_deref();
    let passphrase = wants_open.then(|| passphrase::read(file, &machine.stop));
    let passphrase = passphrase.transpose()?;
    let progress = Progress::new(quiet);
    let undos = Undos::sweep()?;
    storage::wake(&machine, &progress)?;
    storage::compare(&machine, &installation)?;
    let mut work = Work {
        machine: &machine,
        installation: &mut installation,
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
    storage::compare(&machine, work.installation)?;
    if arguments.json {
        let volumes: Vec<Value> = all.iter().map(Looked::json).collect();
        print_json(&json!({ "qubes": volumes }))?;
    }
    Ok(conclude(&all))
}

fn amount(arguments: &Verify) -> Amount {
    match (arguments.sample, arguments.since) {
        (Some(percent), _) => Amount::Sample(percent),
        (None, Some(span)) => Amount::Since(span.seconds()),
        (None, None) => Amount::All,
    }
}

/// The volumes of the qubes that are named, or of all, that have snapshots.
fn volumes(book: &Book, names: &[QubeName]) -> Result<Vec<QubeId>> {
    let mut found: Vec<&History> = Vec::new();
    for name in names {
        let of_name = book.named(name).into_iter();
        let with_roots = of_name.flat_map(|history| [book.root(history.qube.id), Some(history)]);
        let stored: Vec<&History> = with_roots.flatten().filter(has_snapshots).collect();
        if stored.is_empty() {
            let text = format!("{name} was never backed up; see 'qib snapshots'");
            return Err(Error::Restore(text));
        }
        found.extend(stored);
    }
    if names.is_empty() {
        found.extend(book.histories().filter(has_snapshots));
        found.sort_by_key(|history| (&history.qube.name, history.part()));
    }
    if found.is_empty() {
        let text = "nothing is stored yet, so nothing was checked";
        return Err(Error::Restore(text.to_owned()));
    }
    Ok(found.iter().map(|history| history.qube.id).collect())
}

fn has_snapshots(history: &&History) -> bool {
    !history.snapshots.is_empty()
}

fn conclude(all: &[Looked]) -> Ended {
    let failed = all.iter().filter(|looked| looked.failed()).count();
    if all.iter().any(Looked::has_lost) {
        Ended::Wrong
    } else if failed == 0 {
        Ended::Well
    } else if failed < all.len() {
        Ended::Partly
    } else {
        Ended::Failed
    }
}
