//! Storage qubes: there, set up, running, and not ahead of dom0's ledger.

use crate::admin::call;
use crate::config::Config;
use crate::destination::Destination;
use crate::error::{Error, Peer, Result};
use crate::lane::Lane;
use crate::ledger::book::Book;
use crate::machine::{Installation, Machine};
use crate::progress::{self, Progress};
use crate::records::Records;
use qib_rpc::fault::Code;
use qib_rpc::name::QubeName;
use std::collections::{BTreeMap, BTreeSet};

/// The storage qubes of a run that can not be used now, and why.
#[derive(Default)]
pub struct Away(BTreeMap<Destination, String>);

/// The storage qubes that are known: where something lies, and where a qube is stored that says
/// nothing else.
pub fn known(config: &Config, book: &Book) -> BTreeSet<Destination> {
    let mut known = book.storages();
    known.insert(config.storage.clone());
    known
}

/// Starts a storage qube that was set up as one, if need be.
///
/// # Errors
/// When there is none, it was not set up, or it does not start.
pub fn wake(storage: &Destination, progress: &Progress) -> Result<()> {
    start(&storage.qube, progress)?;
    Lane::of(&storage.qube).map(drop)
}

/// Starts a storage qube if need be.
///
/// # Errors
/// When there is none, or it does not start.
pub fn start(storage: &QubeName, progress: &Progress) -> Result<()> {
    let qube = call::find_qube(storage)?.ok_or_else(|| Error::NoStorage(storage.clone()))?;
    if qube.halted {
        progress.stage(storage, "starting the storage qube");
        call::act(storage, "admin.vm.Start")?;
    }
    Ok(())
}

/// Brings a storage qube's copy of the ledger up to date before anything is done.
///
/// # Errors
/// When it holds a newer ledger: dom0 was set back.
pub fn compare(
    machine: &Machine,
    installation: &Installation,
    storage: &Destination,
) -> Result<()> {
    match copy_ledger(machine, installation, storage) {
        // dom0's own ledger is whole, and what counts.
        Err(error @ Error::Fault(Peer::Storage, fault))
            if matches!(fault.code, Code::Damaged | Code::Missing) =>
        {
            progress::above(|| {
                eprintln!("qib: warning: the ledger's copy at the storage qube {storage}: {error}");
            });
            Ok(())
        }
        result => result,
    }
}

/// Starts storage qubes. One that is away does not stop what is done with the others.
///
/// # Errors
/// When none of them can be used.
pub fn wake_all(wanted: &BTreeSet<Destination>, progress: &Progress) -> Result<Away> {
    each(wanted, |storage| wake(storage, progress))
}

/// Starts storage qubes and compares their ledgers. One that is away does not stop what is done
/// with the others.
///
/// # Errors
/// When none of them can be used, or one holds a newer ledger.
pub fn reach(
    machine: &Machine,
    installation: &Installation,
    wanted: &BTreeSet<Destination>,
    progress: &Progress,
) -> Result<Away> {
    each(wanted, |storage| {
        wake(storage, progress)?;
        compare(machine, installation, storage)
    })
}

fn each(
    wanted: &BTreeSet<Destination>,
    reach: impl Fn(&Destination) -> Result<()>,
) -> Result<Away> {
    let mut away = Away::default();
    for storage in wanted {
        match reach(storage) {
            Ok(()) => {}
            Err(error @ (Error::Ledger(_) | Error::Stopped)) => return Err(error),
            Err(error) if wanted.len() == away.0.len().saturating_add(1) => return Err(error),
            Err(error) => {
                away.0.insert(storage.clone(), error.to_string());
            }
        }
    }
    Ok(away)
}

/// Brings the ledger's copies up to date. Of several storage qubes one that does not run is left
/// alone: it gets what it lacks in the next run that works with it.
pub fn spread(machine: &Machine, installation: &Installation) {
    let all = known(&machine.config, &installation.ledger.book);
    let is_one = all.len() == 1;
    for storage in all.iter().filter(|storage| is_one || runs(&storage.qube)) {
        if let Err(error) = copy_ledger(machine, installation, storage) {
            progress::above(|| {
                eprintln!(
                    "qib: warning: the ledger's copy at the storage qube {storage} is late: {error}"
                );
            });
        }
    }
}

impl Away {
    /// Makes sure that a storage qube can be used.
    ///
    /// # Errors
    /// When it can not.
    pub fn check(&self, storage: &Destination) -> Result<()> {
        match self.0.get(storage) {
            None => Ok(()),
            Some(why) => Err(Error::Away(storage.clone(), why.clone())),
        }
    }
}

/// True for a storage qube that was set up and runs.
pub fn runs(storage: &QubeName) -> bool {
    let is_running =
        call::find_qube(storage).is_ok_and(|qube| qube.is_some_and(|qube| !qube.halted));
    is_running && Lane::find(storage).is_ok_and(|lane| lane.is_some())
}

fn copy_ledger(
    machine: &Machine,
    installation: &Installation,
    storage: &Destination,
) -> Result<()> {
    Records::start(machine, storage)?.copy_ledger(&installation.ledger)
}
