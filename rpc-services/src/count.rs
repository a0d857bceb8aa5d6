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

/// What every rule left out, by [`Rule::index`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOuts([LeftOut; Rule::COUNT]);

impl LeftOuts {
    /// Adds an entry of `bytes` that `rule` left out.
    pub fn add(&mut self, rule: Rule, bytes: u64) {
        self.add_all(rule, LeftOut { entries: 1, bytes });
    }

    /// Adds entries that `rule` left out.
    pub fn add_all(&mut self, rule: Rule, more: LeftOut) {
        if let Some(left_out) = self.0.get_mut(rule.index()) {
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
        Rule::ALL
            .into_iter()
            .zip(self.0)
            .filter(|(_, left_out)| left_out.entries > 0)
    }
}
