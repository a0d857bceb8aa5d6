//! `qib doctor`: everything that was looked at, and how to mend what is wrong.

use super::{Ended, print_json};
use crate::cli::Doctor;
use crate::doctor::{self, Report, Verdict};
use crate::error::Result;
use crate::progress::Progress;
use serde_json::{Value, json};

pub(super) fn run(arguments: &Doctor, quiet: bool) -> Result<Ended> {
    let report = doctor::examine(arguments.days, &Progress::new(quiet));
    if arguments.json {
        print_json(&json(&report))?;
    } else {
        print(&report, |_| true);
    }
    Ok(ended(&report))
}

/// Prints the findings that `chosen` picks, one a line.
pub(super) fn print(report: &Report, chosen: impl Fn(Verdict) -> bool) {
    let findings = report.findings().iter();
    for finding in findings.filter(|finding| chosen(finding.verdict)) {
        let (verdict, check) = (finding.verdict.name(), finding.check);
        println!("{verdict:<7}  {check}: {}", finding.text);
    }
}

/// A warning is no failure.
pub(super) fn ended(report: &Report) -> Ended {
    if report.is_well() {
        Ended::Well
    } else {
        Ended::Wrong
    }
}

fn json(report: &Report) -> Value {
    let one = |finding: &doctor::Finding| {
        json!({
            "check": finding.check,
            "verdict": finding.verdict.name(),
            "text": finding.text,
        })
    };
    let checks: Vec<Value> = report.findings().iter().map(one).collect();
    json!({ "well": report.is_well(), "checks": checks })
}
