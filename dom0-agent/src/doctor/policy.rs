//! Policy: ours is there, is read first, and holds.

mod before;
mod probe;

use super::Report;
use crate::admin::reply::Qube;
use crate::admin::{call, settings};
use crate::config::Config;
use crate::error::Result;
use crate::helper::{self, Helper};
use crate::lane;
use crate::paths::{POLICY_FOLDERS, POLICY_NAME};
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What this version ships.
const OURS: &str = include_str!("../../../policy/10-qib.policy");

/// The files, as they lie there. A helper has the `tags` of its template.
pub(super) fn examine_files(tags: &[String], report: &mut Report) {
    let [lasting, passing] = POLICY_FOLDERS.map(|folder| Path::new(folder).join(POLICY_NAME));
    match fs::read_to_string(&lasting) {
        Ok(text) => report.holds(
            "policy-file",
            rules(&text) == rules(OURS),
            format!("{} is that of this version", lasting.display()),
            format!(
                "{} is not that of this version: put back the one of the package",
                lasting.display()
            ),
        ),
        Err(error) => report.wrong(
            "policy-file",
            format!(
                "{}: {error}: install qib's package again",
                lasting.display()
            ),
        ),
    }
    if passing.exists() {
        let text = format!("{} takes the place of ours: remove it", passing.display());
        report.wrong("policy-file", text);
    }
    match before::grants(tags) {
        Ok(grants) if grants.is_empty() => {
            report.well(
                "policy-order",
                "no rule before ours lets a helper do anything",
            );
        }
        Ok(grants) => report.wrong(
            "policy-order",
            format!(
                "read before {POLICY_NAME}, and could let a helper do more: {}; give the file a \
                 name that sorts behind it",
                grants.join(", ")
            ),
        ),
        Err(error) => report.wrong("policy-order", error),
    }
}

/// The rules of a file, without comments and however they are spaced.
fn rules(text: &str) -> Vec<Vec<&str>> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect())
        .collect()
}

/// The right to store is a helper's, for as long as its session.
pub(super) fn examine_rights(config: &Config, report: &mut Report) {
    match holders(config) {
        Ok(names) if names.is_empty() => {
            report.well("rights", "no qube but a helper has the right to store");
        }
        Ok(names) => report.wrong(
            "rights",
            format!(
                "with the tag of a helper, and so the right to store: {}; take it away with \
                 'qvm-tags QUBE del TAG'",
                names.join(", ")
            ),
        ),
        Err(error) => report.wrong("rights", error),
    }
}

/// Helpers that are left are told of elsewhere, and so is their template.
fn holders(config: &Config) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for Qube { name, .. } in call::qubes()? {
        let is_told = helper::is_one(&name) || name == config.helper_template;
        let tags = match settings::tags(&name) {
            // Gone since, as disposables go.
            Err(error) if error.is("QubesVMNotFoundError") => continue,
            told => told?,
        };
        if lane::rights(&tags).next().is_some() && !is_told {
            names.push(String::from(name));
        }
    }
    Ok(names)
}

/// What Qubes' own engine says of a running helper.
pub(super) fn examine_effect(
    helper: &Helper,
    config: &Config,
    storages: &BTreeSet<QubeName>,
    report: &mut Report,
) {
    match probe::surprises(helper, config, storages) {
        Ok(surprises) if surprises.is_empty() => report.well(
            "policy-effect",
            "a helper may store where it has the right, while it has it, and nothing else",
        ),
        Ok(surprises) => report.wrong(
            "policy-effect",
            format!(
                "policy does not hold: {}; look for other rules in {}",
                surprises.join(", "),
                POLICY_FOLDERS.join(" and ")
            ),
        ),
        Err(error) => report.wrong("policy-effect", error),
    }
}
