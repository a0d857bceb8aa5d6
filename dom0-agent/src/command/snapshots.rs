//! `qib snapshots`: what the ledger says is stored.

use super::{Ended, dom0, print_json};
use crate::cli::Snapshots;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::ledger::book::{History, StoredDom0};
use crate::ledger::record::SnapshotRecord;
use crate::machine::Installation;
use crate::revision::Revision;
use crate::{report, text};
use qib_rpc::reading::Manner;
use serde_json::{Value, json};

pub(super) fn run(arguments: &Snapshots) -> Result<Ended> {
    let installation = Installation::open()?;
    let book = &installation.ledger.book;
    let dom0 = match &arguments.qube {
        Some(_) => &[],
        None => book.dom0(),
    };
    let mut histories: Vec<&History> = match &arguments.qube {
        Some(name) => {
            let of_qubes = book.named(name).into_iter();
            of_qubes
                .flat_map(|history| [Some(history), book.root(history.qube.id)])
                .flatten()
                .collect()
        }
        None => book.histories().collect(),
    };
    histories.sort_by_key(|history| (&history.qube.name, history.part(), history.qube.id));
    if let (Some(name), true) = (&arguments.qube, histories.is_empty()) {
        return Err(Error::Restore(format!(
            "{name} was never backed up; see 'qib snapshots'"
        )));
    }
    if arguments.json {
        let all: Vec<Value> = histories
            .iter()
            .map(|history| history_json(history))
            .collect();
        let dom0: Vec<Value> = dom0.iter().map(dom0::stored_json).collect();
        print_json(&json!({ "qubes": all, "dom0": dom0 }))?;
    } else {
        print!("{}", table(&histories, dom0));
    }
    Ok(Ended::Well)
}

fn table(histories: &[&History], dom0: &[StoredDom0]) -> String {
    let rows: Vec<[String; 8]> = histories
        .iter()
        .flat_map(|history| {
            history
                .snapshots
                .iter()
                .map(|snapshot| row(history, snapshot))
        })
        .chain(dom0.iter().map(dom0_row))
        .collect();
    if rows.is_empty() {
        return "Nothing is stored yet.\n".to_owned();
    }
    let head = [
        "QUBE", "NO.", "TIME", "FILES", "SIZE", "STORED", "AT", "READ",
    ]
    .map(str::to_owned);
    let rows: Vec<[String; 8]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(String::len)
            .max()
    };
    let widths: Vec<usize> = (0..8).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        for (place, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let cell = if matches!(place, 0 | 2 | 6 | 7) {
                format!("{cell:<width$}  ")
            } else {
                format!("{cell:>width$}  ")
            };
            text.push_str(&cell);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

fn dom0_row(stored: &StoredDom0) -> [String; 8] {
    let snapshot = &stored.record;
    [
        "dom0".to_owned(),
        snapshot.sequence.to_string(),
        text::time(snapshot.time),
        text::number(snapshot.files),
        text::bytes(snapshot.file_bytes),
        String::new(),
        at(stored.storage.as_ref()),
        "by dom0".to_owned(),
    ]
}

fn row(history: &History, snapshot: &SnapshotRecord) -> [String; 8] {
    [
        format!("{}{}", history.qube.name, history.part().suffix()),
        snapshot.sequence.to_string(),
        text::time(snapshot.time),
        text::number(snapshot.counts.files),
        text::bytes(snapshot.counts.file_bytes),
        text::bytes(snapshot.counts.bytes_stored),
        at(history.storage.as_ref()),
        read(history, snapshot.sequence) + &of(history.revision(snapshot.sequence)),
    ]
}

fn at(storage: Option<&Destination>) -> String {
    storage.map_or_else(|| "?".to_owned(), ToString::to_string)
}

fn read(history: &History, sequence: u64) -> String {
    let manner = history.manner(sequence);
    let kind = manner.kind().text();
    let mut read = match manner {
        Manner::Reader => "by qib".to_owned(),
        Manner::Kernel(_) => format!("by the kernel: {kind}"),
        Manner::Image(_) => format!("as an image: {kind}"),
        Manner::Disk => format!("by qib: {kind}"),
    };
    if history.is_locked(sequence) {
        read.push_str("; locked");
    }
    if history.is_closed {
        read.push_str("; former keys");
    }
    read
}

fn of(revision: Option<&Revision>) -> String {
    revision.map_or_else(String::new, |Revision { id, time }| {
        format!(", revision {id} of {}", text::time(*time))
    })
}

fn history_json(history: &History) -> Value {
    let snapshots = history.snapshots.iter();
    let snapshots: Vec<Value> = snapshots
        .map(|snapshot| snapshot_json(history, snapshot))
        .collect();
    json!({
        "qube": history.qube.name.as_str(),
        "part": history.part().name(),
        "id": history.qube.id.to_string(),
        "storage": history.storage.as_ref().map(Destination::to_string),
        "prefix": history.qube.prefix.to_string(),
        "former_keys": history.is_closed,
        "snapshots": snapshots,
    })
}

fn snapshot_json(history: &History, snapshot: &SnapshotRecord) -> Value {
    let manner = history.manner(snapshot.sequence);
    json!({
        "snapshot": snapshot.sequence,
        "time": snapshot.time,
        "object": format!("snapshot-{}", snapshot.snapshot),
        "volume_bytes": snapshot.volume_bytes,
        "read_by": manner.word(),
        "volume": manner.kind().text(),
        "revision": history.revision(snapshot.sequence).map(report::revision),
        "locked": history.is_locked(snapshot.sequence),
        "counts": report::counts(&snapshot.counts),
        "left_out": report::left_out(&snapshot.left_out),
    })
}
