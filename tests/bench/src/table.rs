//! The medians as a table in Markdown.

use crate::bars;
use crate::number::{megabytes, seconds};
use crate::summary::{Group, Row};
use crate::tool::QIB;

const HEAD: &str = "\
| tool | rounds | time, s | to qib | CPU, s | memory, MB | stored, MB | sent, MB | fetched, MB |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// All groups, each with what is to be said about it.
pub(crate) fn markdown(groups: &[Group]) -> String {
    groups.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(group: &Group) -> String {
    let workload = group.workload;
    let mut text = format!(
        "### ({}) {}: {}\n\n{HEAD}",
        workload.letter,
        workload.title,
        group.temperature.name()
    );
    let qib = group.row(QIB).and_then(|row| row.seconds);
    for row in &group.rows {
        text.push_str(&line(row, qib));
    }
    let said = bars::sentences(group);
    if !said.is_empty() {
        text.push('\n');
    }
    for sentence in said {
        text.push_str(&format!("* {sentence}\n"));
    }
    text
}

fn line(row: &Row, qib: Option<f64>) -> String {
    let text = |value: Option<f64>, show: fn(f64) -> String| value.map(show).unwrap_or_default();
    let ratio = row.seconds.zip(qib).map(|(time, qib)| time / qib);
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        row.tool.replace('|', "\\|"),
        row.rounds,
        text(row.seconds, seconds),
        text(ratio, |ratio| format!("{ratio:.2}")),
        text(row.cpu_seconds, seconds),
        text(row.peak_bytes, megabytes),
        text(row.stored_bytes, megabytes),
        text(row.sent_bytes, megabytes),
        text(row.fetched_bytes, megabytes),
    )
}
