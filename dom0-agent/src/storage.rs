//! The storage qube: there, running, and not ahead of dom0's ledger.

use crate::admin::call;
use crate::error::{Error, Peer, Result};
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::records::Records;
use qib_rpc::fault::Code;

/// Starts the storage qube if need be.
///
/// # Errors
/// When there is none, or it does not start.
pub fn wake(machine: &Machine, progress: &Progress) -> Result<()> {
    let name = &machine.config.storage;
    let qube = call::find_qube(name)?.ok_or_else(|| Error::NoStorage(name.clone()))?;
    if qube.halted {
        progress.stage(name, "starting the storage qube");
        call::act(name, "admin.vm.Start")?;
    }
    Ok(())
}

/// Brings storage's copy of the ledger up to date before anything is done.
///
/// # Errors
/// When storage holds a newer ledger: dom0 was set back.
pub fn compare(machine: &Machine, installation: &Installation) -> Result<()> {
    match Records::start(machine)?.copy_ledger(&installation.ledger) {
        // dom0's own ledger is whole, and what counts.
        Err(error @ Error::Fault(Peer::Storage, fault))
            if matches!(fault.code, Code::Damaged | Code::Missing) =>
        {
            eprintln!("qib: warning: the ledger's copy at the storage qube: {error}");
            Ok(())
        }
        result => result,
    }
}
