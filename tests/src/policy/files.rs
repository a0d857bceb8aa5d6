//! Reads the policy folders anew for every call, so that a change holds from the next call on.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

use super::evaluate::{Request, Verdict, decide_by};
use super::parse::{Rule, parse};
use super::system::SystemInfo;
use crate::release::Release;

/// Where dom0 keeps its policy.
pub fn dom0_folders(release: Release) -> Vec<PathBuf> {
    let lasting = PathBuf::from("/etc/qubes/policy.d");
    match release {
        Release::R4_2 => vec![lasting],
        Release::R4_3 => vec![lasting, PathBuf::from("/run/qubes/policy.d")],
    }
}

/// Decides a call by the files in these folders; any fault in any of them refuses it.
pub fn decide(folders: &[PathBuf], system: &SystemInfo, request: &Request) -> Verdict {
    match read(folders) {
        Ok(rules) => decide_by(&rules, system, request),
        Err(error) => {
            eprintln!("policy: {error:#}");
            Verdict::Deny
        }
    }
}

fn read(folders: &[PathBuf]) -> Result<Vec<Rule>> {
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    for folder in folders {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().into_string().ok().context("file name")?;
            if name.ends_with(".policy") && !name.starts_with('.') {
                ensure!(is_file_name(&name), "{name}: not a name for a policy file");
                files.entry(name).or_insert_with(|| entry.path());
            }
        }
    }
    let mut rules = Vec::new();
    for (name, path) in files {
        let text = fs::read_to_string(&path).with_context(|| name.clone())?;
        rules.extend(parse(&text).with_context(|| name.clone())?);
    }
    Ok(rules)
}

fn is_file_name(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.-".contains(c))
}
