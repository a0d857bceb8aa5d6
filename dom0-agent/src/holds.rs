//! Which histories a storage qube holds, whatever it is named and whatever the ledger says.

use crate::destination::Destination;
use crate::error::{Error, Peer, Result};
use crate::ledger::book::{Book, History};
use crate::machine::Machine;
use crate::records::Records;
use qib_rpc::fault::Code;
use qib_rpc::id::QubeId;
use qib_rpc::message::record::Place;
use qib_rpc::name::QubeName;
use qib_rpc::object::{Kind, ObjectName};
use std::collections::{BTreeMap, BTreeSet};

/// The histories of which a storage qube has the sealed keys. Only who stored them has these.
///
/// # Errors
/// When it can not be asked.
pub fn find(machine: &Machine, storage: &Destination, book: &Book) -> Result<BTreeSet<QubeId>> {
    let mut found = BTreeSet::new();
    let mut records = Records::start(machine, storage)?;
    for history in book.histories() {
        let key = ObjectName::of(Kind::Key, history.qube.sealed.expose());
        match records.get(Place::Qube(history.qube.prefix), key) {
            Ok(_) => {
                found.insert(history.qube.id);
            }
            Err(Error::Fault(Peer::Storage, fault))
                if matches!(fault.code, Code::Missing | Code::Damaged) =>
            {
                // The line may have ended with the refusal.
                records = Records::start(machine, storage)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The names under which the ledger knows what a storage qube holds.
pub fn former_names(
    book: &Book,
    storage: &Destination,
    found: &BTreeSet<QubeId>,
) -> BTreeSet<Destination> {
    let held = book
        .histories()
        .filter(|history| found.contains(&history.qube.id));
    let names = held.filter_map(|history| history.storage.clone());
    names.filter(|name| name != storage).collect()
}

/// The qubes whose histories lie at other storage qubes, by the names of these.
pub fn elsewhere<'a>(
    book: &'a Book,
    storage: &Destination,
) -> BTreeMap<&'a Destination, BTreeSet<&'a QubeName>> {
    let mut elsewhere: BTreeMap<&Destination, BTreeSet<&QubeName>> = BTreeMap::new();
    let is_stored =
        |history: &&History| !history.snapshots.is_empty() || !history.settings.is_empty();
    for history in book.histories().filter(is_stored) {
        if let Some(other) = history.storage.as_ref().filter(|other| *other != storage) {
            elsewhere
                .entry(other)
                .or_default()
                .insert(&history.qube.name);
        }
    }
    elsewhere
}
