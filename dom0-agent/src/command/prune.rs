//! `qib prune`: one history after the other; one that fails does not stop the rest.

use super::{Ended, print_json};
use crate::cli::Prune as Arguments;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::ledger::book::History;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::prune::{How, Pruned, prune};
use crate::undo::Undos;
use crate::{storage, text};
use qib_rpc::id::QubeId;
use qib_rpc::message::forget::Moved;
use serde_json::{Value, json};

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    // Also ends the helpers of an earlier run: after this no session is alive.
    drop(Undos::sweep()?);
    let how = How {
        grace_days: arguments.grace,
        trash_days: arguments.trash_days,
        dry_run: arguments.dry_run,
    };
    let book = &installation.ledger.book;
    let is_meant = |history: &&History| {
        let storage = arguments.dest_vm.as_ref();
        storage.is_none_or(|storage| history.lies_at(storage))
    };
    let mut histories: Vec<(String, Destination, QubeId, String)> = Vec::new();
    for history in book.histories().filter(is_meant) {
        let (name, qube) = named(history);
        let storage = history.storage()?.clone();
        histories.push((name, storage, qube, book.label(history)));
    }
    histories.sort();
    let storages = histories
        .iter()
        .map(|(_, storage, ..)| storage.clone())
        .collect();
    let away = storage::reach(&machine, &installation, &storages, &Progress::new(quiet))?;
    let (mut all, mut each) = (Vec::new(), Vec::new());
    for (name, storage, qube, label) in histories {
        if machine.stop.asked() {
            return Err(Error::Stopped);
        }
        let pruned = away.check(&storage);
        match pruned.and_then(|()| prune(&machine, &mut installation, qube, how)) {
            Ok(pruned) => {
                let is_whole = pruned.missing == 0;
                each.push(if is_whole { Ended::Well } else { Ended::Wrong });
                if !arguments.json {
                    print(&label, &pruned, arguments.dry_run);
                }
                all.push(json((&name, &storage), qube, &pruned, arguments.dry_run));
            }
            Err(Error::Stopped) => return Err(Error::Stopped),
            Err(error) => {
                eprintln!("qib: error: {label}: {error}");
                each.push(Ended::after(&error));
            }
        }
    }
    if !arguments.dry_run {
        storage::spread(&machine, &installation);
    }
    if arguments.json {
        print_json(&json!({ "qubes": all }))?;
    }
    Ok(Ended::of_each(each))
}

pub(super) fn named(history: &History) -> (String, QubeId) {
    let name = format!("{}{}", history.qube.name, history.part().suffix());
    (name, history.qube.id)
}

fn print(name: &str, pruned: &Pruned, dry_run: bool) {
    let verb = if dry_run { "would go" } else { "went" };
    println!(
        "{name}: {} {verb} to the trash, {} removed for ever; {} in the trash, {} in use",
        amount(pruned.trashed),
        amount(pruned.removed),
        amount(pruned.in_trash),
        amount(pruned.kept),
    );
    if pruned.back > 0 {
        let objects = text::count(pruned.back, "object", "objects");
        println!("  {objects} that a kept snapshot needs came back from the trash");
    }
    if pruned.send_again > 0 {
        let packs = text::count(pruned.send_again, "pack", "packs");
        println!("  {packs} are mostly dead: what is left of them is stored again next time");
    }
    if pruned.missing > 0 {
        let objects = text::count(pruned.missing, "object", "objects");
        eprintln!(
            "qib: error: {name}: the storage qube does not list {objects} that kept snapshots \
             need; look after its disk"
        );
    }
}

/// A number of objects and their size.
pub(super) fn amount(moved: Moved) -> String {
    let objects = text::count(moved.objects, "object", "objects");
    format!("{objects} ({})", text::bytes(moved.bytes))
}

fn json(
    (name, storage): (&str, &Destination),
    qube: QubeId,
    pruned: &Pruned,
    dry_run: bool,
) -> Value {
    json!({
        "qube": name,
        "id": qube.to_string(),
        "storage": storage.to_string(),
        "dry_run": dry_run,
        "trashed": amount_json(pruned.trashed),
        "removed": amount_json(pruned.removed),
        "in_trash": amount_json(pruned.in_trash),
        "kept": amount_json(pruned.kept),
        "came_back": pruned.back,
        "missing": pruned.missing,
        "packs_sent_again": pruned.send_again,
    })
}

pub(super) fn amount_json(moved: Moved) -> Value {
    json!({ "objects": moved.objects, "bytes": moved.bytes })
}
