//! The disposable template that helpers are made from.

use super::Report;
use crate::admin::{call, settings};
use crate::error::Result;
use qib_rpc::name::QubeName;

/// Returns the tags that it hands on.
pub(super) fn examine(name: &QubeName, report: &mut Report) -> Vec<String> {
    match call::find_qube(name) {
        Ok(Some(_)) => {}
        Ok(None) => {
            let text = format!("the helpers' template {name} does not exist: run 'qib setup'");
            report.wrong("helper-template", text);
            return Vec::new();
        }
        Err(error) => {
            report.wrong("helper-template", error);
            return Vec::new();
        }
    }
    let tags = properties(name, report).and_then(|()| tags(name, report));
    tags.unwrap_or_else(|error| {
        report.wrong("helper-template", error);
        Vec::new()
    })
}

fn properties(name: &QubeName, report: &mut Report) -> Result<()> {
    let makes = call::makes_disposables(name)?;
    report.holds(
        "helper-template",
        makes,
        format!("disposables are made from {name}"),
        format!("no disposable can be made from {name}: run 'qib setup'"),
    );
    let netvm = call::property(name, "netvm")?.value;
    report.holds(
        "helper-network",
        netvm.is_empty(),
        format!("{name} has no network"),
        format!("{name} has a network: run 'qib setup', or 'qvm-prefs {name} netvm none'"),
    );
    Ok(())
}

/// Every disposable has the tags of its template from birth, and ours are rights.
fn tags(name: &QubeName, report: &mut Report) -> Result<Vec<String>> {
    let tags = settings::tags(name)?;
    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
    let ours = tags.iter().find(|tag| tag.starts_with("qib-"));
    match ours {
        None => report.well("helper-tags", format!("{name} hands no tag of qib's on")),
        Some(tag) => report.wrong(
            "helper-tags",
            format!(
                "{name} hands the tag {tag} on to all its disposables: run 'qvm-tags {name} del {tag}'"
            ),
        ),
    }
    Ok(tags)
}
