//! What differs between a snapshot of dom0 and dom0 now.

use super::contents;
use super::entry::{Entry, FilePath, Node};
use super::scan::{Found, Scan, What};
use crate::error::Result;
use qib_rpc::id::Digest;
use std::collections::BTreeMap;

/// One place that differs.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub path: FilePath,
    /// How, in a word.
    pub how: &'static str,
}

/// Every place that differs, in the order of their names.
///
/// # Errors
/// When a file can not be read.
pub fn differences(entries: &[Entry], scan: &Scan) -> Result<Vec<Difference>> {
    let mut before: BTreeMap<&FilePath, &Entry> =
        entries.iter().map(|entry| (&entry.path, entry)).collect();
    let mut all = Vec::new();
    for found in &scan.found {
        let how = match before.remove(&found.path) {
            None => Some("new"),
            Some(entry) => difference(entry, found)?,
        };
        all.extend(how.map(|how| (found.path.clone(), how)));
    }
    all.extend(before.into_keys().map(|path| (path.clone(), "gone")));
    all.sort();
    let difference = |(path, how)| Difference { path, how };
    Ok(all.into_iter().map(difference).collect())
}

/// The time alone is no difference: what it stands for is.
fn difference(entry: &Entry, found: &Found) -> Result<Option<&'static str>> {
    let same = match (&entry.node, &found.what) {
        (Node::Folder, What::Folder) => true,
        (Node::Link(before), What::Link(now)) => before == now,
        (Node::File(slices), What::File(_) | What::Text(_)) => {
            let mut now: Vec<Digest> = Vec::new();
            let is_there = contents::read(&found.what, |hash, _| {
                now.push(hash);
                Ok(())
            })?;
            is_there && now.iter().eq(slices.iter().map(|slice| &slice.hash))
        }
        _ => return Ok(Some("another kind")),
    };
    let (before, now) = (&entry.status, &found.status);
    let rights = (before.mode, before.owner, before.group) == (now.mode, now.owner, now.group);
    Ok(match (same, rights) {
        (false, _) => Some("changed"),
        (true, false) => Some("other rights"),
        (true, true) => None,
    })
}
