//! What a backup came to, as text and as JSON.

mod trial;

use crate::alarm::{Sign, Signs};
use crate::command::Outcome;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::outcome::{Backup, Done};
use crate::receipt::Receipt;
use crate::revision::Revision;
use crate::text;
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::name::QubeName;
use qib_rpc::reading::Manner;
use serde_json::{Value, json};

/// Prints what came of one qube, with the storage qube where that is to be said.
pub fn print(name: &QubeName, storage: Option<&Destination>, outcome: &Result<Done>) {
    let at = storage.map_or_else(String::new, |storage| format!(" at {storage}"));
    match outcome {
        Ok(Done::Read(backup)) => print!("{}", lines(name, &at, backup)),
        Ok(Done::Unchanged {
            volume,
            has_new_settings,
        }) => println!(
            "{name}{}{at}: unchanged since snapshot {} of {}{}",
            volume.part.suffix(),
            volume.sequence,
            text::time(volume.time),
            if *has_new_settings {
                "; its new settings were stored"
            } else {
                ""
            },
        ),
        Err(error @ Error::NeverStarted) => println!("{name}{at}: {error}"),
        Err(error) => eprintln!("qib: error: {name}{at}: {error}"),
    }
}

fn lines(name: &QubeName, at: &str, backup: &Backup) -> String {
    let counts = &backup.counts;
    let headline = match backup.sequence {
        Some(sequence) => format!("snapshot {sequence} of {}", text::time(backup.time)),
        None => "dry run, no snapshot was stored".to_owned(),
    };
    let stored = if backup.stored.is_some() {
        "stored"
    } else {
        "would store"
    };
    let mut lines = format!(
        "{name}{}{at}: {headline} ({})\n  {} files, {}, in {} folders; {} links and others\n  \
         read {} files, {}; new {}; {stored} {} in {} objects; {:.1} s\n",
        backup.part.suffix(),
        backup.state,
        text::number(counts.files),
        text::bytes(counts.file_bytes),
        text::number(counts.folders),
        text::number(counts.others),
        text::number(counts.files_read),
        text::bytes(counts.bytes_read),
        text::bytes(counts.bytes_new),
        text::bytes(counts.bytes_stored),
        text::number(counts.objects),
        backup.seconds,
    );
    if let Some(Revision { id, time }) = &backup.revision {
        lines.push_str(&format!("  revision {id} of {}\n", text::time(*time)));
    }
    if backup.manner != Manner::Reader {
        lines.push_str(&format!("  {}\n", backup.manner));
    }
    if counts.files_racy > 0 {
        let files = text::number(counts.files_racy);
        lines.push_str(&format!("  of these, {files} for being very recent\n"));
    }
    if backup.index_lost {
        lines.push_str("  its index was lost at storage: everything was read and sent again\n");
    }
    for (rule, left_out) in backup.left_out.iter() {
        let entries = text::count(left_out.entries, "entry", "entries");
        let bytes = text::bytes(left_out.bytes);
        let rule = backup.rules.describe(rule);
        lines.push_str(&format!("  left out by {rule}: {entries}, {bytes}\n"));
    }
    if let Some(signs) = &backup.alarm {
        lines.push_str(&format!(
            "  ALARM: {signs}.\n  Nothing of its history is forgotten until 'qib thaw {name}'. \
             Is it what you did? If not, older snapshots have what was there before\n"
        ));
    }
    lines.push_str(&trial::lines(backup));
    for warning in &backup.warnings {
        lines.push_str(&format!("  warning: {warning}\n"));
    }
    lines
}

/// What came of every qube.
pub(crate) fn json(outcomes: &[Outcome], receipt: &Receipt) -> Value {
    let of_one = |Outcome { name, done, .. }: &Outcome| match done {
        Ok(Done::Read(backup)) => backup_json(name, backup),
        Ok(Done::Unchanged {
            volume,
            has_new_settings,
        }) => json!({
            "qube": name.as_str(),
            "part": volume.part.name(),
            "ok": true,
            "unchanged": true,
            "snapshot": volume.sequence,
            "time": volume.time,
            "new_settings": has_new_settings,
        }),
        Err(Error::NeverStarted) => json!({ "qube": name.as_str(), "ok": true, "empty": true }),
        Err(error) => json!({ "qube": name.as_str(), "ok": false, "error": error.to_string() }),
    };
    let one = |outcome: &Outcome| {
        let mut value = of_one(outcome);
        let storage = outcome.storage.as_ref().map(Destination::to_string);
        if let Some(object) = value.as_object_mut() {
            object.insert("storage".to_owned(), json!(storage));
        }
        value
    };
    json!({
        "qubes": outcomes.iter().map(one).collect::<Vec<Value>>(),
        "receipt": receipt.to_string(),
    })
}

fn backup_json(name: &QubeName, backup: &Backup) -> Value {
    json!({
        "qube": name.as_str(),
        "part": backup.part.name(),
        "ok": true,
        "snapshot": backup.sequence,
        "time": backup.time,
        "state": backup.state,
        "revision": backup.revision.as_ref().map(revision),
        "read_by": backup.manner.word(),
        "volume": backup.manner.kind().text(),
        "seconds": backup.seconds,
        "counts": counts(&backup.counts),
        "rules": backup.rules.json(),
        "left_out": left_out(&backup.left_out),
        "alarm": backup.alarm.as_ref().map(alarm),
        "suggestions": backup.suggestions,
        "findings": backup.findings.as_ref().map(trial::json),
        "index_lost": backup.index_lost,
        "warnings": backup.warnings,
        "dom0": {
            "peak_memory_bytes": backup.dom0.peak_kib.saturating_mul(1024),
            "helper_answer_bytes": backup.dom0.answer_bytes,
            "helper_progress_bytes": backup.dom0.progress_bytes,
        },
    })
}

/// An older state that a pool keeps.
pub fn revision(revision: &Revision) -> Value {
    json!({ "id": revision.id.as_str(), "time": revision.time })
}

/// The numbers of a session.
pub fn counts(counts: &Counts) -> Value {
    json!({
        "files": counts.files,
        "folders": counts.folders,
        "others": counts.others,
        "file_bytes": counts.file_bytes,
        "files_read": counts.files_read,
        "files_racy": counts.files_racy,
        "bytes_read": counts.bytes_read,
        "bytes_new": counts.bytes_new,
        "bytes_stored": counts.bytes_stored,
        "objects": counts.objects,
    })
}

/// What is unusual about a backup, in thousandths.
pub fn alarm(signs: &Signs) -> Value {
    let one =
        |sign: Option<Sign>| sign.map(|sign| json!({ "now": sign.now, "before": sign.before }));
    json!({
        "changed": one(signs.changed),
        "deleted": one(signs.deleted),
        "incompressible": one(signs.incompressible),
    })
}

/// What each rule left out.
pub fn left_out(left_out: &LeftOuts) -> Value {
    let one = |(rule, left_out): (qib_rpc::rule::Rule, qib_rpc::count::LeftOut)| {
        (
            rule.to_string(),
            json!({ "entries": left_out.entries, "bytes": left_out.bytes }),
        )
    };
    Value::Object(left_out.iter().map(one).collect())
}
