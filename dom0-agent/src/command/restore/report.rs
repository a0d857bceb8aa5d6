//! What a restore came to, as text and as JSON.

use super::{Outcome, Restored};
use crate::command::Ended;
use crate::restore::Volume;
use crate::restore::plan::Plan;
use crate::{report, text};
use qib_rpc::message::restore::RestoreSummary;
use qib_rpc::reading::Manner;
use serde_json::{Value, json};

/// Prints what came of every qube, failures last.
pub(super) fn print(outcomes: &[Outcome<'_>], seconds: f64) {
    for outcome in outcomes {
        let Ok(restored) = &outcome.result else {
            continue;
        };
        let Restored {
            plan,
            summaries,
            warnings,
        } = restored;
        if plan.volumes.is_empty() {
            println!("{}: set up as {} was", outcome.name, plan.source);
        }
        for (volume, summary) in plan.volumes.iter().zip(summaries) {
            print_volume(outcome, volume, summary, seconds);
        }
        for warning in warnings {
            let warning = text::shown(warning, "  ");
            eprintln!("qib: warning: {}: not set: {warning}", outcome.name);
        }
    }
    print_failures(outcomes);
}

/// Prints the failures.
pub(super) fn print_failures(outcomes: &[Outcome<'_>]) {
    for Outcome { name, result } in outcomes {
        if let Err(error) = result {
            eprintln!("qib: error: {name}: {error}");
        }
    }
}

/// Decides the exit code.
pub(super) fn conclude(outcomes: &[Outcome<'_>]) -> Ended {
    let each = outcomes.iter().map(|outcome| &outcome.result);
    Ended::of_each(each.map(|result| result.as_ref().map_or_else(Ended::after, |_| Ended::Well)))
}

/// What came of every qube.
pub(super) fn json(plan: &Plan, outcomes: &[Outcome<'_>], seconds: f64) -> Value {
    let one = |outcome: &Outcome<'_>| match &outcome.result {
        Ok(restored) => restored_json(restored, seconds),
        Err(error) => json!({
            "qube": outcome.name.as_str(),
            "ok": false,
            "error": error.to_string(),
        }),
    };
    let skipped = plan.skipped.iter().map(|name| name.as_str());
    json!({
        "qubes": outcomes.iter().map(one).collect::<Vec<Value>>(),
        "skipped": skipped.collect::<Vec<&str>>(),
    })
}

fn restored_json(restored: &Restored<'_>, seconds: f64) -> Value {
    let plan = restored.plan;
    let volumes = plan.volumes.iter().zip(&restored.summaries);
    let volume = |(volume, summary): (&Volume, &RestoreSummary)| {
        json!({
            "volume": volume.part.name(),
            "snapshot": volume.snapshot.sequence,
            "time": volume.snapshot.time,
            "counts": report::counts(&summary.counts),
            "bytes_fetched": summary.counts.bytes_stored,
            "whole": summary.skipped == 0,
            "skipped": summary.skipped,
            "held_back": summary.held_back,
        })
    };
    json!({
        "qube": plan.target.as_str(),
        "from": plan.source.as_str(),
        "ok": true,
        "seconds": seconds,
        "volumes": volumes.map(volume).collect::<Vec<Value>>(),
        "remarks": plan.remarks,
        "warnings": restored.warnings,
    })
}

fn print_volume(outcome: &Outcome<'_>, volume: &Volume, summary: &RestoreSummary, seconds: f64) {
    let counts = &summary.counts;
    println!(
        "{}{}: {} from snapshot {} of {}, {}",
        outcome.name,
        volume.part.suffix(),
        if volume.paths.is_some() {
            "what was named was restored"
        } else {
            "restored"
        },
        volume.snapshot.sequence,
        volume.qube.name,
        text::time(volume.snapshot.time)
    );
    println!(
        "  {} files, {}, in {} folders; {} links and others; {} fetched in {} objects; {seconds:.1} s",
        text::number(counts.files),
        text::bytes(counts.file_bytes),
        text::number(counts.folders),
        text::number(counts.others),
        text::bytes(counts.bytes_stored),
        text::number(counts.objects),
    );
    match volume.manner {
        Manner::Reader => {}
        Manner::Disk => {
            println!("  its partition table and what lies beside its files, as they were")
        }
        Manner::Kernel(kind) => println!("  it was {}; now it is ext4", kind.text()),
        Manner::Image(kind) => println!("  the volume as it was: {}", kind.text()),
    }
    if summary.held_back > 0 {
        let held_back = text::number(summary.held_back);
        println!("  held back: {held_back}; a folder counts as one");
    }
    if summary.skipped > 0 {
        let skipped = text::number(summary.skipped);
        println!("  less than whole: {skipped} extended attributes have no form in ext4");
    }
}
