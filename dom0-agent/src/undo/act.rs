//! How each thing is undone.

use super::Undo;
use crate::admin::{AdminError, call};
use crate::block;
use crate::error::{Error, Result, at};
use crate::helper;
use crate::part::Part;
use crate::restore::set_up;
use crate::text;
use qib_rpc::name::QubeName;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// Attempts, a second apart: a device is let go of a moment after its user died.
const ATTEMPTS: u32 = 20;

pub(super) fn undo(undo: &Undo) -> Result<()> {
    let attempts = match undo {
        Undo::SetUp(_) | Undo::Link(_) => 1,
        _ => ATTEMPTS,
    };
    for _ in 1..attempts {
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
        Undo::Accept(name, part, path) => accept(name, *part, path),
        Undo::SetUp(name) => finish(name, set_up::own(name)),
        Undo::Link(name) => finish(name, set_up::links(name)),
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

/// What waits at `path` counts. Where nothing waits any more, it does so already: qubesd then
/// refuses, with another answer for each driver.
fn accept(name: &QubeName, part: Part, path: &Path) -> Result<()> {
    let done = call::import_end(name, part.name(), true);
    let waits = path.try_exists().unwrap_or(true);
    match done {
        Err(error @ AdminError::Unreachable(_)) => Err(error.into()),
        Err(error) if waits && call::find_qube(name)?.is_some() => Err(error.into()),
        _ => Ok(()),
    }
}

/// What an earlier run did not get to is told as that run would have told it.
fn finish(name: &QubeName, done: Result<Vec<String>>) -> Result<()> {
    match done {
        // It was removed since.
        Err(Error::NoQube(_)) => Ok(()),
        done => {
            for refused in done? {
                let refused = text::shown(&refused, "  ");
                eprintln!("qib: warning: {name}: not set: {refused}");
            }
            Ok(())
        }
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
