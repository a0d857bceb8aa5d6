//! `qib rekey`: the next backup of a qube begins a history with keys of its own.

use super::Ended;
use crate::cli::Rekey;
use crate::error::{Error, Result};
use crate::ledger::book::{Book, History};
use crate::ledger::record::Record;
use crate::machine::{Installation, Machine};
use crate::storage;
use crate::text;
use qib_rpc::id::QubeId;
use qib_rpc::name::QubeName;

pub(super) fn run(arguments: &Rekey) -> Result<Ended> {
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let closed = to_close(&installation.ledger.book, arguments)?;
    for (qube, _) in &closed {
        installation.ledger.append(Record::Closed { qube: *qube })?;
    }
    storage::spread(&machine, &installation);
    for (_, label) in &closed {
        println!("{label}: the next backup has other keys, reads and sends everything");
    }
    println!("what was stored stays, with the keys that it has, until it is forgotten");
    Ok(Ended::Well)
}

/// The histories that are meant and go on, with what to call them.
fn to_close(book: &Book, arguments: &Rekey) -> Result<Vec<(QubeId, String)>> {
    let mut goes_on: Vec<&History> = book.histories().collect();
    goes_on.retain(|history| history.root_of.is_none() && !history.is_closed);
    if let Some(storage) = &arguments.dest_vm {
        goes_on.retain(|history| history.lies_at(storage));
    }
    let is_of = |name: &QubeName| goes_on.iter().any(|history| &history.qube.name == name);
    if let Some(none) = arguments.qubes.iter().find(|name| !is_of(name)) {
        return Err(Error::Restore(format!(
            "{none} has no keys yet, or will have others with its next backup"
        )));
    }
    if !arguments.all {
        goes_on.retain(|history| arguments.qubes.contains(&history.qube.name));
    }
    if goes_on.is_empty() {
        return Err(Error::Restore("no qube has keys yet".to_owned()));
    }
    let closed = goes_on.into_iter();
    let closed = closed.map(|history| (history.qube.id, text::shown(&book.label(history), "")));
    Ok(closed.collect())
}
