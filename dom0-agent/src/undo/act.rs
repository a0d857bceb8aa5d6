//! How each thing is undone.

use super::Undo;
use crate::admin::{AdminError, call};
use crate::block;
use crate::error::{Error, Result, at};
use crate::helper;
use qib_rpc::name::QubeName;
use std::fs;
use std::thread::sleep;
use std::time::Duration;

/// Attempts, a second apart: a device is let go of a moment after its user died.
const ATTEMPTS: u32 = 20;

pub(super) fn undo(undo: &Undo) -> Result<()> {
    for _ in 1..ATTEMPTS {
        if once(undo).is_ok() {
            return Ok(());
        }
        sleep(Duration::from_millis(500));
    }
    once(undo)
}

fn once(undo: &Undo) -> Result<()> {
    match undo {
        Undo::Helper(name) => helper::remove(name),
        Undo::Loop(path) => block::detach_all(path),
        Undo::Clone(path) => match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(path)(error)),
            _ => Ok(()),
        },
        Undo::Import(name) => none_to_undo(name, call::import_end(name, "private", false)),
        Undo::Qube(name) => none_to_undo(name, call::act(name, "admin.vm.Remove")),
        Undo::Guard(name) => none_to_undo(name, call::remove_tag(name, call::RESTORING)),
    }
}

/// A failure counts only while the qube is still there. An import that never
/// began is answered with an exception too: what matters is that none is open.
fn none_to_undo(name: &QubeName, result: std::result::Result<(), AdminError>) -> Result<()> {
    match result {
        Ok(()) => Ok(()),
        Err(AdminError::Unreachable(error)) => Err(AdminError::Unreachable(error).into()),
        Err(error) => match call::find_qube(name)? {
            Some(_) if !matches!(error, AdminError::NoAnswer(_)) => Err(Error::Admin(error)),
            _ => Ok(()),
        },
    }
}
