//! `qib scrub`: what the storage qube says of its objects.

use super::prune::{amount, named};
use super::{Ended, print_json};
use crate::cli::Scrub as Arguments;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::ledger::book::History;
use crate::live;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::retention::needed::Needed;
use crate::scrub::scrub;
use crate::storage;
use qib_rpc::message::forget::Moved;
use serde_json::json;
use std::collections::BTreeSet;

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    let machine = Machine::open()?;
    let installation = Installation::open()?;
    let book = &installation.ledger.book;
    let is_meant = |history: &&History| {
        let Arguments { qube, dest_vm, .. } = arguments;
        qube.as_ref().is_none_or(|name| history.qube.name == *name)
            && dest_vm
                .as_ref()
                .is_none_or(|storage| history.lies_at(storage))
    };
    let mut histories: Vec<&History> = book.histories().filter(is_meant).collect();
    histories.sort_by_key(|history| named(history));
    if let (Some(name), true) = (&arguments.qube, histories.is_empty()) {
        return Err(Error::Restore(format!(
            "{name} was never backed up; see 'qib snapshots'"
        )));
    }
    let storages: Result<BTreeSet<Destination>> = histories
        .iter()
        .map(|history| history.storage().cloned())
        .collect();
    let progress = Progress::new(quiet);
    let away = storage::reach(&machine, &installation, &storages?, &progress)?;
    let (mut all, mut is_damaged) = (Vec::new(), false);
    for history in histories {
        let storage = history.storage()?;
        if let Err(error) = away.check(storage) {
            eprintln!("qib: error: {}: {error}", book.label(history));
            is_damaged = true;
            continue;
        }
        let live = live::read(&machine, &installation, history.qube.id)?;
        let needed = Needed::new(history, &live, machine.now(), 0);
        let read = scrub(&machine, storage, history.qube.prefix, arguments.share)?;
        // Only names that are ours are shown: storage could say any.
        let damaged = read.damaged.iter().filter(|name| needed.has(**name));
        let damaged: Vec<String> = damaged.map(ToString::to_string).collect();
        is_damaged |= !damaged.is_empty();
        let (name, _) = named(history);
        let sum = Moved {
            objects: read.objects,
            bytes: read.bytes,
        };
        if !arguments.json {
            let label = book.label(history);
            println!("{label}: the storage qube read {}", amount(sum));
            damaged
                .iter()
                .for_each(|damaged| eprintln!("qib: error: {label}: damaged: {damaged}"));
        }
        all.push(json!({
            "qube": name,
            "storage": storage.to_string(),
            "objects": sum.objects,
            "bytes": sum.bytes,
            "damaged": damaged,
        }));
    }
    if arguments.json {
        print_json(&json!({ "qubes": all }))?;
    }
    Ok(if is_damaged {
        Ended::Wrong
    } else {
        Ended::Well
    })
}
