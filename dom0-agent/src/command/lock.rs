//! `qib lock` and `qib unlock`: a locked snapshot stays, whatever a policy says.

use super::Ended;
use crate::cli::Lock;
use crate::error::{Error, Result};
use crate::ledger::record::Record;
use crate::machine::{Installation, Machine};
use crate::named::{self, Asked};
use crate::storage;
use qib_rpc::name::QubeName;

pub(super) fn run(arguments: &Lock, locked: bool) -> Result<Ended> {
    let machine = Machine::open()?;
    let mut installation = Installation::open()?;
    let (name, sequence) = (&arguments.qube, arguments.snapshot);
    let asked = Asked {
        name,
        id: arguments.id.as_deref(),
        storage: None,
    };
    let history = named::numbered(&installation.ledger.book, asked)?;
    if history.snapshot(sequence).is_none() {
        return Err(no_snapshot(name, sequence));
    }
    let qube = history.qube.id;
    if history.is_locked(sequence) != locked {
        installation.ledger.append(Record::Locked {
            qube,
            sequence,
            locked,
        })?;
        storage::spread(&machine, &installation);
    }
    let now = if locked { "locked" } else { "not locked" };
    println!("{name}: snapshot {sequence} is {now}");
    Ok(Ended::Well)
}

/// There is no kept snapshot of this number.
pub(super) fn no_snapshot(name: &QubeName, sequence: u64) -> Error {
    Error::Restore(format!(
        "{name} has no snapshot {sequence}; see 'qib snapshots {name}'"
    ))
}
