//! Numbers that a helper reports: all that dom0 learns of a qube's content.

use crate::rule::Rule;
use serde::{Deserialize, Serialize};

/// What a backup or restore has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Regular files in the snapshot.
    pub files: u64,
    /// Folders in the snapshot.
    pub folders: u64,
    /// Links, devices and FIFOs in the snapshot.
    pub others: u64,
    /// Size of the files in the snapshot, in bytes, holes included.
    pub file_bytes: u64,
    /// Files whose data was read (backup) or written (restore).
    pub files_read: u64,
    /// Of those, files read only because they were too recent to be trusted.
    pub files_racy: u64,
    /// Bytes of file data read from the volume, or written to it.
    pub bytes_read: u64,
    /// Bytes of chunks that were not stored before, as plaintext.
    pub bytes_new: u64,
    /// Bytes of objects stored, or fetched from storage.
    pub bytes_stored: u64,
    /// Objects stored, or fetched from storage.
    pub objects: u64,
    /// Bytes of the volume in use, for an estimate of what is left to do.
    pub bytes_expected: u64,
}

impl Counts {
    /// Adds the entries of a part of the snapshot.
    pub fn add_entries(&mut self, more: &Self) {
        self.files = self.files.saturating_add(more.files);
        self.folders = self.folders.saturating_add(more.folders);
        self.others = self.others.saturating_add(more.others);
        self.file_bytes = self.file_bytes.saturating_add(more.file_bytes);
    }
}

/// What one rule left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Files, folders and others left out. What lies in a folder left out counts too.
    pub entries: u64,
    /// Size of the files among them, in bytes.
    pub bytes: u64,
}

/// What every rule left out. **Invariant:** each rule once, in the order of their numbers,
/// with at least one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(Rule, LeftOut)>", into = "Vec<(Rule, LeftOut)>")]
pub struct LeftOuts(Vec<(Rule, LeftOut)>);

impl LeftOuts {
    /// Adds an entry of `bytes` that `rule` left out.
    pub fn add(&mut self, rule: Rule, bytes: u64) {
        self.add_all(rule, LeftOut { entries: 1, bytes });
    }

    /// Adds entries that `rule` left out.
    pub fn add_all(&mut self, rule: Rule, more: LeftOut) {
        if more.entries == 0 {
            return;
        }
        let place = self.0.binary_search_by_key(&rule.number(), number);
        let place = place.unwrap_or_else(|place| {
            self.0.insert(place, (rule, LeftOut::default()));
            place
        });
        if let Some((_, left_out)) = self.0.get_mut(place) {
            left_out.entries = left_out.entries.saturating_add(more.entries);
            left_out.bytes = left_out.bytes.saturating_add(more.bytes);
        }
    }

    /// Adds what `others` counts.
    pub fn merge(&mut self, others: &Self) {
        for (rule, left_out) in others.iter() {
            self.add_all(rule, left_out);
        }
    }

    /// The rules that left something out, with what they left out.
    pub fn iter(&self) -> impl Iterator<Item = (Rule, LeftOut)> + '_ {
        self.0.iter().copied()
    }

    /// True when nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn number((rule, _): &(Rule, LeftOut)) -> u8 {
    rule.number()
}

impl TryFrom<Vec<(Rule, LeftOut)>> for LeftOuts {
    type Error = &'static str;

    fn try_from(untrusted_rules: Vec<(Rule, LeftOut)>) -> Result<Self, Self::Error> {
        let sorted = untrusted_rules.is_sorted_by(|a, b| number(a) < number(b));
        if sorted && untrusted_rules.iter().all(|(_, left)| left.entries > 0) {
            Ok(Self(untrusted_rules))
        } else {
            Err("rules that are out of order, or that left nothing out")
        }
    }
}

impl From<LeftOuts> for Vec<(Rule, LeftOut)> {
    fn from(left_outs: LeftOuts) -> Self {
        left_outs.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_stay_in_order_and_once() {
        let mut left_out = LeftOuts::default();
        for rule in [
            Rule::Trash,
            Rule::MaxFileSize,
            Rule::CacheDirTag,
            Rule::Trash,
        ] {
            left_out.add(rule, 5);
        }
        left_out.add_all(Rule::Socket, LeftOut::default());
        let found: Vec<_> = left_out
            .iter()
            .map(|(rule, left)| (rule, left.bytes))
            .collect();
        let expected = [
            (Rule::CacheDirTag, 5),
            (Rule::Trash, 10),
            (Rule::MaxFileSize, 5),
        ];
        assert_eq!(found, expected);
        let mut rows = Vec::from(left_out.clone());
        assert_eq!(LeftOuts::try_from(rows.clone()), Ok(left_out));
        rows.swap(0, 1);
        assert!(LeftOuts::try_from(rows.clone()).is_err(), "out of order");
        rows.swap(0, 1);
        rows.extend(rows.last().copied());
        assert!(LeftOuts::try_from(rows).is_err(), "a rule twice");
        let nothing = vec![(Rule::Trash, LeftOut::default())];
        assert!(LeftOuts::try_from(nothing).is_err(), "nothing left out");
    }
}
