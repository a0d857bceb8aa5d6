//! Qubes that are included in backups and are not in one, or not in a recent one.
//!
//! How old a qube's backup is, is told here alone: see [`newest`].

use crate::admin::call;
use crate::admin::reply::Qube;
use crate::command::backup::qube::parts;
use crate::error::Result;
use crate::ledger::book::{Book, History};
use crate::part::Part;
use crate::rules::{self, Wishes};
use crate::unchanged;
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;

/// Seconds in a day.
pub const DAY: i64 = 24 * 60 * 60;

/// A qube whose backup is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub name: QubeName,
    /// When it was last backed up, in seconds since 1970; none for never.
    pub newest: Option<i64>,
}

/// Of when all of a qube's volumes are in a backup: the oldest of their newest snapshots, in
/// seconds since 1970. None while one of them is in no backup at all.
///
/// Of a qube that is stored at several storage qubes, where that is newest.
pub fn newest(book: &Book, qube: &Qube, parts: &[Part]) -> Option<i64> {
    let histories = book.of_living(&qube.name, qube.uuid);
    let newest = histories.filter_map(|private| newest_of(book, private, parts));
    newest.max()
}

fn newest_of(book: &Book, private: &History, parts: &[Part]) -> Option<i64> {
    let newest = |part: &Part| {
        let history = match part {
            Part::Private => Some(private),
            Part::Root => book.root(private.qube.id),
        };
        Some(history?.newest()?.time)
    };
    let times: Option<Vec<i64>> = parts.iter().map(newest).collect();
    times?.into_iter().min()
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
        let newest = newest(book, &qube, parts);
        let is_recent = newest.is_some_and(|time| is_recent(time, days, now));
        // What can not be found out is no reason to be silent.
        if !is_recent && !is_same(book, &qube, parts, now).unwrap_or(false) {
            let name = qube.name;
            due.push(Due { name, newest });
        }
    }
    due.sort_by(|one, other| (one.newest, &one.name).cmp(&(other.newest, &other.name)));
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

/// A time to come is one of a clock that was wrong, and no proof of a recent backup.
fn is_recent(time: i64, days: u32, now: i64) -> bool {
    let age = now.saturating_sub(time);
    (-DAY..=DAY.saturating_mul(i64::from(days))).contains(&age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_recent_for_so_many_days_and_not_when_it_is_of_a_time_to_come() {
        let now = 100 * DAY;
        for (time, recent) in [
            (now, true),
            (now - 7 * DAY, true),
            (now - 7 * DAY - 1, false),
            (now + DAY, true),
            (now + DAY + 1, false),
            (i64::MIN, false),
        ] {
            assert_eq!(is_recent(time, 7, now), recent, "{time}");
        }
    }
}
