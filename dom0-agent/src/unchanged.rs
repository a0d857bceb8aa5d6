//! Qubes that nothing was written to since their last snapshot: no helper is started for them.
//!
//! Which mark a volume had when it was stored is in a file of dom0's own. It only saves work:
//! without it, or with lines in it that are not understood, volumes are read as ever.

use crate::admin::reply::Qube;
use crate::destination::Destination;
use crate::error::{Result, at};
use crate::ledger::book::{Book, History};
use crate::ledger::record::SnapshotRecord;
use crate::part::Part;
use crate::paths::STATE;
use crate::pool::Mark;
use crate::rules::QubeRules;
use qib_rpc::id::QubeId;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// After so long everything is read again, as each file is by a helper.
const MOST_SECONDS: i64 = 90 * 24 * 60 * 60;

/// A volume that is as its last snapshot has it.
#[derive(Clone, Copy, Debug)]
pub struct Unchanged {
    /// Which.
    pub part: Part,
    /// The snapshot's number.
    pub sequence: u64,
    /// When it was made, in seconds since 1970.
    pub time: i64,
}

/// The volumes of a qube, if none of them has changed since its last snapshots at a storage qube.
///
/// # Errors
/// When qubesd or the pool do not answer.
pub fn find(
    book: &Book,
    (qube, storage): (&Qube, &Destination),
    parts: &[Part],
    rules: &QubeRules,
    now: i64,
) -> Result<Option<Vec<Unchanged>>> {
    let marks = read();
    let mut found = Vec::new();
    for part in parts {
        let Some(last) = last_snapshot(book, (qube, storage), *part) else {
            return Ok(None);
        };
        if !(0..MOST_SECONDS).contains(&now.saturating_sub(last.time)) {
            return Ok(None);
        }
        let stored = marks.get(&last.qube);
        let Some((_, stored)) = stored.filter(|(sequence, _)| *sequence == last.sequence) else {
            return Ok(None);
        };
        if Mark::of(&qube.name, *part, rules)? != Some(*stored) {
            return Ok(None);
        }
        found.push(Unchanged {
            part: *part,
            sequence: last.sequence,
            time: last.time,
        });
    }
    Ok(Some(found))
}

/// The last snapshot of a volume, if everything that it needs is believed to be there.
fn last_snapshot<'a>(
    book: &'a Book,
    (qube, storage): (&Qube, &Destination),
    part: Part,
) -> Option<&'a SnapshotRecord> {
    let private = book.living_at(&qube.name, qube.uuid, storage)?;
    let history: &History = match part {
        Part::Private => private,
        Part::Root => book.root(private.qube.id)?,
    };
    let is_known = history.qube.name == qube.name && !history.has_lost;
    history.snapshots.last().filter(|_| is_known)
}

/// Notes the mark that a volume had when a snapshot was made of it.
///
/// # Errors
/// When the file can not be written.
pub fn note(qube: QubeId, sequence: u64, mark: Mark) -> Result<()> {
    let mut marks = read();
    marks.insert(qube, (sequence, mark));
    write(&marks)
}

/// Has a volume read by the next backup, whatever its mark says.
///
/// # Errors
/// When the file can not be written.
pub fn forget(qube: QubeId) -> Result<()> {
    let mut marks = read();
    match marks.remove(&qube) {
        Some(_) => write(&marks),
        None => Ok(()),
    }
}

fn write(marks: &BTreeMap<QubeId, (u64, Mark)>) -> Result<()> {
    let line = |(qube, (sequence, mark)): (&QubeId, &(u64, Mark))| {
        format!("{qube} {sequence} {}\n", mark.text())
    };
    let text: String = marks.iter().map(line).collect();
    let fresh = path().with_extension("new");
    fs::write(&fresh, text).map_err(at(&fresh))?;
    fs::rename(&fresh, path()).map_err(at(path()))
}

fn path() -> PathBuf {
    Path::new(STATE).join("unchanged")
}

fn read() -> BTreeMap<QubeId, (u64, Mark)> {
    let text = fs::read_to_string(path()).unwrap_or_default();
    text.lines().filter_map(parse).collect()
}

/// Reads a line of the file.
pub fn parse(line: &str) -> Option<(QubeId, (u64, Mark))> {
    let mut words = line.split(' ');
    let qube = QubeId::parse(words.next()?)?;
    let sequence = words.next()?.parse().ok()?;
    let mark = Mark::parse(words.next()?)?;
    words.next().is_none().then_some((qube, (sequence, mark)))
}
