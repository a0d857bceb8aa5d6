//! What people are told of an earlier run that did not end well.

use super::Undo;
use crate::admin::call;
use crate::error::{Error, Result};
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;

/// Says what became of restores that were cut off, but of those that are still in `left`.
///
/// # Errors
/// When qubesd does not tell which qubes there are.
pub(super) fn restores(before: &[Undo], left: &[Undo]) -> Result<()> {
    let left = names(left.iter());
    let finished = names(before.iter().filter(|undo| undo.is_ahead()));
    for name in finished.difference(&left) {
        eprintln!("qib: {name}: a restore of it was cut off, and is finished now");
    }
    let is_new = |undo: &&Undo| matches!(undo, Undo::Qube(_));
    let new = names(before.iter().filter(is_new));
    let is_undone = |undo: &&Undo| matches!(undo, Undo::Qube(_) | Undo::Import(..));
    for name in names(before.iter().filter(is_undone)).difference(&left) {
        if new.contains(name) && call::find_qube(name)?.is_some() {
            eprintln!(
                "qib: warning: {name}: a restore that was cut off may have made it, empty, and did \
                 no more; unless you made it since, remove it with 'qvm-remove {name}' and restore \
                 it again"
            );
        } else {
            eprintln!("qib: {name}: a restore of it was cut off, and is undone; restore it again");
        }
    }
    Ok(())
}

/// Says what stays.
pub(super) fn left(left: &[Undo], error: &Error) {
    if left.iter().any(|undo| undo.guarded().is_none()) {
        eprintln!("qib: warning: a snapshot of an earlier run is still there: {error}");
    }
    for name in names(left.iter()) {
        eprintln!(
            "qib: warning: {name}: a restore of it was cut off, and could not be finished: {error}. \
             It can not start until a later run has finished it; or restore it again, with --replace"
        );
    }
}

fn names<'a>(undos: impl Iterator<Item = &'a Undo>) -> BTreeSet<QubeName> {
    undos.filter_map(Undo::guarded).cloned().collect()
}
