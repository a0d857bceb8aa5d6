//! Qubes that are included in backups and are not in one, or not in a recent one.

use crate::admin::call;
use crate::admin::reply::Qube;
use crate::age::Age;
use crate::command::backup::qube::parts;
use crate::error::Result;
use crate::ledger::book::Book;
use crate::part::Part;
use crate::rules::{self, Wishes};
use crate::unchanged;
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;

/// A qube whose backup is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub name: QubeName,
    /// How old its backup is; none for never.
    pub age: Option<Age>,
}

/// Those of `included` whose backup is older than `days`. A qube that has not changed since its
/// last backup is in it as it is now, however old that is.
///
/// # Errors
/// When qubesd does not tell.
pub fn find(
    book: &Book,
    qubes: &[Qube],
    included: &BTreeSet<QubeName>,
    days: u32,
    now: i64,
) -> Result<Vec<Due>> {
    let mut due = Vec::new();
    for qube in qubes.iter().filter(|qube| included.contains(&qube.name)) {
        let (qube, parts) = (call::with_uuid(qube)?, parts(qube)?);
        let age = Age::of_qube(book, &qube, parts, now);
        let is_recent = age.is_some_and(|age| !age.is_over(days));
        // What can not be found out is no reason to be silent.
        if !is_recent && !is_same(book, &qube, parts, now).unwrap_or(false) {
            let name = qube.name;
            due.push(Due { name, age });
        }
    }
    due.sort_by(|one, other| (one.age, &one.name).cmp(&(other.age, &other.name)));
    Ok(due)
}

/// True when its volumes are in its last backup as they are now, by the rules of its own.
fn is_same(book: &Book, qube: &Qube, parts: &[Part], now: i64) -> Result<bool> {
    let none = Wishes::default();
    let rules = rules::of_qube(&qube.name, &none, &none)?;
    for history in book.of_living(&qube.name, qube.uuid) {
        let at = (qube, history.storage()?);
        if unchanged::find(book, at, parts, &rules, now)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
