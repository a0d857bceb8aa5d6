//! What a dry run finds out besides, as text and as JSON: numbers alone, as dom0 knows no names.

use crate::outcome::Backup;
use crate::text;
use qib_rpc::message::trial::{Findings, FolderSize};
use serde_json::{Value, json};

/// Lines about the qube's own rules and its largest folders.
pub fn lines(backup: &Backup) -> String {
    let mut lines = String::new();
    if backup.suggestions > 0 {
        lines.push_str(&suggestions(backup));
    }
    let Some(findings) = &backup.findings else {
        return lines;
    };
    for (depth, folders) in (1..).zip(findings.largest.by_depth()) {
        let all = backup.counts.file_bytes;
        let sizes: Vec<String> = folders.iter().map(|folder| size(folder, all)).collect();
        if !sizes.is_empty() {
            lines.push_str(&format!(
                "  largest folders {depth} deep: {}\n",
                sizes.join(", ")
            ));
        }
    }
    lines
}

fn suggestions(backup: &Backup) -> String {
    let rules = text::count(backup.suggestions.into(), "rule", "rules");
    if backup.rules.paths.obey_suggestions {
        return format!("  it suggests {rules}, which are obeyed\n");
    }
    let would = backup.findings.as_ref().map(|findings| {
        let would = findings.would_leave_out;
        let entries = text::count(would.entries, "entry", "entries");
        format!(
            " and would leave out {entries}, {}",
            text::bytes(would.bytes)
        )
    });
    let would = would.unwrap_or_default();
    format!("  it suggests {rules}, which are not obeyed{would}\n")
}

fn size(folder: &FolderSize, all: u64) -> String {
    let share = u128::from(folder.bytes) * 100;
    let share = share.checked_div(all.into()).unwrap_or(0);
    format!("{} ({share} %)", text::bytes(folder.bytes))
}

/// The same, for programs.
pub fn json(findings: &Findings) -> Value {
    let folder = |folder: &FolderSize| json!({ "bytes": folder.bytes, "entries": folder.entries });
    let row = |row: &[FolderSize]| row.iter().map(folder).collect::<Vec<Value>>();
    json!({
        "suggestions_would_leave_out": {
            "entries": findings.would_leave_out.entries,
            "bytes": findings.would_leave_out.bytes,
        },
        "largest_folders": findings.largest.by_depth().map(row).collect::<Vec<Vec<Value>>>(),
    })
}
