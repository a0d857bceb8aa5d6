//! Lanes: which helper may call which storage qube.
//!
//! Policy knows tags, and a tag of the one kind lets its bearer call whatever has the tag of the
//! other. Each storage qube has a lane of its own, so that the helper of a qube that is stored at
//! one of them can not reach another.

use crate::admin::settings;
use crate::error::{Error, Result};
use crate::settings::Word;
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;

/// Two tags that `policy/10-qib.policy` names in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The tag of its storage qube.
    pub storage: &'static str,
    /// The tag of a helper that may call it.
    pub helper: &'static str,
}

/// All that there are: so many storage qubes can be used.
pub const LANES: [Lane; 4] = [
    Lane::new("qib-storage", "qib-helper"),
    Lane::new("qib-storage-2", "qib-helper-2"),
    Lane::new("qib-storage-3", "qib-helper-3"),
    Lane::new("qib-storage-4", "qib-helper-4"),
];

impl Lane {
    const fn new(storage: &'static str, helper: &'static str) -> Self {
        Self { storage, helper }
    }

    /// The lane of a storage qube; none if it was not set up as one.
    ///
    /// # Errors
    /// When it has the tags of two, or qubesd does not tell.
    pub fn find(storage: &QubeName) -> Result<Option<Self>> {
        let tags = settings::tags(storage)?;
        let has = |lane: &&Self| tags.iter().any(|tag| tag.as_str() == lane.storage);
        let mut lanes = LANES.iter().filter(has);
        match (lanes.next(), lanes.next()) {
            (first, None) => Ok(first.copied()),
            (_, Some(second)) => Err(Error::Config(format!(
                "{storage} has the tags of two storage qubes: take the one that is too much away, \
                 such as with 'qvm-tags {storage} del {}'",
                second.storage
            ))),
        }
    }

    /// The lane of a storage qube that was set up.
    ///
    /// # Errors
    /// When it was not, or as [`Self::find`].
    pub fn of(storage: &QubeName) -> Result<Self> {
        Self::find(storage)?.ok_or_else(|| {
            Error::Config(format!(
                "{storage} is not set up as a storage qube: run 'qib setup --storage {storage}'"
            ))
        })
    }
}

/// Those of a helper's tags that let it call storage.
pub fn rights(tags: &BTreeSet<Word>) -> impl Iterator<Item = &'static str> {
    let is_there = |lane: &&Lane| tags.iter().any(|tag| tag.as_str() == lane.helper);
    LANES.iter().filter(is_there).map(|lane| lane.helper)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = include_str!("../../policy/10-qib.policy");

    #[test]
    fn policy_has_each_lane_and_joins_no_two() {
        for service in ["qib.Put", "qib.Get"] {
            let words = |line: &str| -> Vec<String> {
                line.split_whitespace().map(str::to_owned).collect()
            };
            let lines: Vec<Vec<String>> = POLICY.lines().map(words).collect();
            let allowed: Vec<(&str, &str)> = lines
                .iter()
                .filter_map(|line| match line.as_slice() {
                    [name, _, from, to, allow, ..] if name == service && allow == "allow" => {
                        Some((from.as_str(), to.as_str()))
                    }
                    _ => None,
                })
                .collect();
            let tag = |tag: &str| format!("@tag:{tag}");
            let expected: Vec<(String, String)> = LANES
                .iter()
                .map(|lane| (tag(lane.helper), tag(lane.storage)))
                .collect();
            let expected: Vec<(&str, &str)> = expected
                .iter()
                .map(|(from, to)| (from.as_str(), to.as_str()))
                .collect();
            assert_eq!(allowed, expected);
        }
    }
}
