//! `qib usage`: what space is taken by whom.

use super::prune::{amount, amount_json, named};
use super::{Ended, print_json};
use crate::cli::Usage as Arguments;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::ledger::book::History;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::retention::space::{self, Space};
use crate::storage::{self, Away};
use crate::text;
use crate::trash::Trash;
use qib_rpc::message::forget::{ListedObject, Moved};
use qib_rpc::object::Kind;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What the storage qube says lies there.
#[derive(Clone, Copy, Default)]
struct AtStorage {
    objects: Moved,
    trash: Moved,
}

pub(super) fn run(arguments: &Arguments, quiet: bool) -> Result<Ended> {
    let machine = arguments.at_storage.then(Machine::open).transpose()?;
    let installation = Installation::open()?;
    let book = &installation.ledger.book;
    let is_meant = |history: &&History| {
        arguments
            .qube
            .as_ref()
            .is_none_or(|name| history.qube.name == *name)
    };
    let mut histories: Vec<&History> = book.histories().filter(is_meant).collect();
    histories.sort_by_key(|history| named(history));
    if let (Some(name), true) = (&arguments.qube, histories.is_empty()) {
        return Err(Error::Restore(format!(
            "{name} was never backed up; see 'qib snapshots'"
        )));
    }
    let mut away = Away::default();
    if machine.is_some() {
        let storages: Result<BTreeSet<Destination>> = histories
            .iter()
            .map(|history| history.storage().cloned())
            .collect();
        let progress = Progress::new(quiet);
        away = storage::wake_all(&storages?, &progress)?;
    }
    let (mut all, mut is_whole) = (Vec::new(), true);
    for history in histories {
        let reached = away.check(history.storage()?);
        if let Err(error) = &reached {
            eprintln!("qib: error: {}: {error}", book.label(history));
            is_whole = false;
        }
        let lies = machine.as_ref().filter(|_| reached.is_ok());
        let lies = lies.map(|machine| at_storage(machine, history));
        let lies = lies.transpose()?;
        let space = space::of_each(history);
        if arguments.json {
            all.push(json(history, &space, lies));
        } else {
            let found = (space.as_slice(), lies);
            print(
                &book.label(history),
                history,
                found,
                arguments.qube.is_some(),
            );
        }
    }
    if arguments.json {
        print_json(&json!({ "qubes": all }))?;
    }
    Ok(if is_whole { Ended::Well } else { Ended::Partly })
}

fn at_storage(machine: &Machine, history: &History) -> Result<AtStorage> {
    let mut found = AtStorage::default();
    let mut trash = Trash::start(machine, history.storage()?)?;
    for kind in Kind::ALL {
        let objects = &mut found.objects;
        trash.each(history.qube.prefix, kind, |object| add(objects, object))?;
    }
    trash.each_trashed(history.qube.prefix, |object| add(&mut found.trash, object))?;
    Ok(found)
}

fn add(to: &mut Moved, object: ListedObject) {
    to.objects = to.objects.saturating_add(1);
    to.bytes = to.bytes.saturating_add(object.bytes);
}

/// Packs that some kept snapshot needs.
fn needed(history: &History) -> Moved {
    let sequences = history.sequences();
    let packs = history.packs.iter();
    let needed = packs.filter(|(_, pack)| pack.is_needed_by_any(&sequences));
    needed.fold(Moved::default(), |sum, (_, pack)| Moved {
        objects: sum.objects.saturating_add(1),
        bytes: sum.bytes.saturating_add(pack.stored_bytes()),
    })
}

fn print(name: &str, history: &History, (space, lies): (&[Space], Option<AtStorage>), each: bool) {
    let needed = needed(history);
    let snapshots = text::count(
        u64::try_from(space.len()).unwrap_or(u64::MAX),
        "snapshot",
        "snapshots",
    );
    let packs = text::count(needed.objects, "pack", "packs");
    println!(
        "{name}: {snapshots}, {} in {packs}",
        text::bytes(needed.bytes)
    );
    if let Some(AtStorage { objects, trash }) = lies {
        println!(
            "  at storage {}; in the trash {}",
            amount(objects),
            amount(trash)
        );
    }
    for space in space.iter().filter(|_| each) {
        println!(
            "  {}: needs {} in {}; {} of that for itself alone",
            space.sequence,
            text::bytes(space.bytes),
            text::count(space.packs, "pack", "packs"),
            text::bytes(space.own_bytes),
        );
    }
}

fn json(history: &History, space: &[Space], lies: Option<AtStorage>) -> Value {
    let one = |space: &Space| {
        json!({
            "snapshot": space.sequence,
            "packs": space.packs,
            "bytes": space.bytes,
            "own_bytes": space.own_bytes,
        })
    };
    let (name, qube) = named(history);
    json!({
        "qube": name,
        "id": qube.to_string(),
        "storage": history.storage.as_ref().map(Destination::to_string),
        "packs": amount_json(needed(history)),
        "snapshots": space.iter().map(one).collect::<Vec<Value>>(),
        "at_storage": lies.map(|lies| amount_json(lies.objects)),
        "in_trash": lies.map(|lies| amount_json(lies.trash)),
    })
}
