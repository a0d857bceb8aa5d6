//! What the figures of a workload say about qib.

use crate::number::{megabytes, seconds};
use crate::summary::{Group, Row};
use crate::tool::{BLOCKS, PIPELINE, QIB, deduplicates};
use crate::workload::Action;

const PIPE: &str = "tar|zstd|age";

/// Sentences; none where qib was not measured.
pub(crate) fn sentences(group: &Group) -> Vec<String> {
    let Some(qib) = group.row(QIB) else {
        return Vec::new();
    };
    let mut said = Vec::new();
    said.extend(fastest(group, qib));
    said.extend(pipe(group, qib));
    if group.workload.action == Action::First {
        said.extend(smallest(group, qib));
        said.extend(limit(group, qib));
    }
    said.extend(blocks(group, qib));
    said
}

fn peers(group: &Group) -> impl Iterator<Item = &Row> {
    group.rows.iter().filter(|row| deduplicates(&row.tool))
}

fn fastest(group: &Group, qib: &Row) -> Option<String> {
    let (name, time) = peers(group)
        .filter_map(|row| Some((&row.tool, row.seconds?)))
        .min_by(|one, other| one.1.total_cmp(&other.1))?;
    let ratio = time / qib.seconds?;
    Some(format!(
        "qib is {ratio:.2} times as fast as the fastest deduplicating peer, {name}"
    ))
}

fn pipe(group: &Group, qib: &Row) -> Option<String> {
    let ratio = group.row(PIPE)?.seconds? / qib.seconds?;
    Some(format!("qib is {ratio:.2} times as fast as {PIPE}"))
}

fn smallest(group: &Group, qib: &Row) -> Option<String> {
    let (name, bytes) = peers(group)
        .filter_map(|row| Some((&row.tool, row.stored_bytes?)))
        .min_by(|one, other| one.1.total_cmp(&other.1))?;
    let percent = qib.stored_bytes? / bytes * 100.0;
    Some(format!(
        "qib stores {percent:.1} % of what the smallest peer stores, {name}"
    ))
}

fn limit(group: &Group, qib: &Row) -> Option<String> {
    let limit = group.row(PIPELINE)?.seconds?;
    let percent = limit / qib.seconds? * 100.0;
    let limit = seconds(limit);
    Some(format!(
        "qib reaches {percent:.0} % of the machine's pipeline limit ({limit} s)"
    ))
}

fn blocks(group: &Group, qib: &Row) -> Option<String> {
    let (blocks, sent) = (group.row(BLOCKS)?.sent_bytes?, qib.sent_bytes?);
    let percent = sent / blocks * 100.0;
    let blocks = megabytes(blocks);
    Some(format!(
        "qib sends {percent:.1} % of the bytes of the changed 4 KiB blocks ({blocks} MB)"
    ))
}
