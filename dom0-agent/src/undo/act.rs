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
        Undo::Lv(lv) => lv.remove(),
        Undo::Zvol(clone) => clone.destroy(),
        Undo::ZfsSnapshot(snapshot) => snapshot.destroy(),
        Undo::Import(name, part) => match call::import_end(name, part.name(), false) {
            // With this qubesd confirms that the content is thrown away.
            Err(AdminError::Exception { kind, .. }) if kind == "QubesException" => Ok(()),
            result => none_to_undo(name, result),
        },
        Undo::Qube(name) => remove_ours(name),
        Undo::Guard(name) => none_to_undo(name, call::remove_tag(name, call::RESTORING)),
    }
}

/// Removes a qube as long as it has the tag of a restore under way: another of this
/// name is somebody's own. Ours that died before it was tagged is empty and stays.
fn remove_ours(name: &QubeName) -> Result<()> {
    if call::find_qube(name)?.is_none() || !call::has_tag(name, call::RESTORING)? {
        return Ok(());
    }
    none_to_undo(name, call::act(name, "admin.vm.Remove"))
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
