//! What there is on this machine that a restore has to fit into.

use crate::admin::{call, reply, settings};
use crate::error::Result;
use crate::settings::read;
use crate::settings::{Settings, Word};
use qib_rpc::name::QubeName;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Where policy lies, on one release or another, for good or until the next start.
const POLICIES: [&str; 3] = [
    "/etc/qubes/policy.d",
    "/etc/qubes-rpc/policy",
    "/run/qubes/policy.d",
];

/// Where Qubes has the kernels of qubes.
const KERNELS: &str = "/var/lib/qubes/vm-kernels";

/// What there is.
#[derive(Debug, Default)]
pub struct Exists {
    /// The qubes.
    pub qubes: BTreeMap<QubeName, Existing>,
    /// The names of the labels.
    pub labels: BTreeSet<Word>,
    /// The names of the pools.
    pub pools: BTreeSet<Word>,
    /// The kernels that are installed in dom0; none where they lie elsewhere.
    pub kernels: Option<BTreeSet<String>>,
    /// People can write notes about a qube, as from Qubes 4.3 on.
    pub has_notes: bool,
    /// The template of qubes for which nobody chose one.
    pub default_template: Option<QubeName>,
    /// The tags that policies name.
    pub policy_tags: BTreeSet<String>,
}

/// One of the qubes.
#[derive(Clone, Debug)]
pub struct Existing {
    /// Its class, as `AppVM`.
    pub class: String,
    /// It does not run.
    pub halted: bool,
    /// How it is set up, if a restore may have to do with it.
    pub settings: Option<Settings>,
}

impl Exists {
    /// Looks, and in full at the qubes of these names.
    ///
    /// # Errors
    /// When qubesd does not tell.
    pub fn read(names: &BTreeSet<QubeName>) -> Result<Self> {
        let mut qubes = BTreeMap::new();
        let all = call::qubes()?;
        // The release that tells uuids is the one that has notes.
        let has_notes = all.iter().all(|qube| qube.uuid.is_some());
        for qube in all {
            let is_named = names.contains(&qube.name);
            let settings = is_named.then(|| read::read(&qube)).transpose()?;
            let reply::Qube {
                name,
                class,
                halted,
                ..
            } = qube;
            let existing = Existing {
                class,
                halted,
                settings,
            };
            qubes.insert(name, existing);
        }
        let default_template = settings::global("default_template")?;
        let mut policy_tags = BTreeSet::new();
        for folder in POLICIES {
            tags_below(Path::new(folder), &mut policy_tags);
        }
        Ok(Self {
            qubes,
            labels: settings::labels()?,
            pools: settings::pools()?,
            kernels: kernels(),
            has_notes,
            default_template: QubeName::parse(&default_template).ok(),
            policy_tags,
        })
    }
}

fn kernels() -> Option<BTreeSet<String>> {
    let entries = fs::read_dir(KERNELS).ok()?.flatten();
    Some(
        entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect(),
    )
}

/// A file that can not be read says nothing: the administrator's own, in dom0.
fn tags_below(folder: &Path, tags: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            tags_below(&path, tags);
        } else {
            let text = fs::read(path).unwrap_or_default();
            tags.extend(tags_in(&String::from_utf8_lossy(&text)));
        }
    }
}

fn tags_in(policy: &str) -> Vec<String> {
    let lines = policy
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let is_end = |letter: char| !(letter.is_ascii_alphanumeric() || "_-".contains(letter));
    let after = lines.flat_map(|line| line.split("@tag:").skip(1));
    after
        .filter_map(|rest| rest.split(is_end).next())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_policies_name() {
        let policy = "# @tag:none\nqib.Put * @tag:qib-helper @tag:qib-storage allow user=root\n\
                      a * @anyvm work ask target=@tag:x,default_target=@tag:y_1\n";
        let expected = ["qib-helper", "qib-storage", "x", "y_1"];
        assert_eq!(tags_in(policy), expected);
    }
}
