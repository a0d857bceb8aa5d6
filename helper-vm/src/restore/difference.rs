//! In what two snapshots differ, in numbers.

use super::runs::each_run;
use super::side_by_side::{Hears, walk_both};
use super::walk::{Manifest, Step, Stopped};
use crate::error::Result;
use crate::manifest::{Entry, Node};
use crate::snapshot::Snapshot;
use qib_rpc::id::Digest;
use qib_rpc::message::verify::{Compared, Entries};

/// Compares two snapshots whose manifests are in one place; `digest` is the newer one's object.
///
/// # Errors
/// When a manifest lies or can not be had.
pub fn differences(
    manifest: &dyn Manifest,
    older: &Snapshot,
    newer: &Snapshot,
    digest: Digest,
) -> Result<Compared> {
    let mut counts = Counting {
        manifest,
        found: Compared::default(),
    };
    let walked = walk_both((manifest, older), (manifest, newer), &mut counts);
    walked.map_err(|stopped| stopped.about(digest))?;
    Ok(counts.found)
}

struct Counting<'a> {
    manifest: &'a dyn Manifest,
    found: Compared,
}

impl Hears for Counting<'_> {
    fn removed(&mut self, step: &Step) -> std::result::Result<(), Stopped> {
        count(self.manifest, step, &mut self.found.removed)
    }

    fn added(&mut self, step: &Step) -> std::result::Result<(), Stopped> {
        count(self.manifest, step, &mut self.found.added)
    }

    fn both(&mut self, older: &Entry, newer: &Entry) -> std::result::Result<(), Stopped> {
        if older.node != newer.node {
            add(self.manifest, newer, &mut self.found.changed)?;
        } else if older.meta != newer.meta {
            self.found.touched = self.found.touched.saturating_add(1);
        }
        Ok(())
    }
}

fn count(
    manifest: &dyn Manifest,
    step: &Step,
    entries: &mut Entries,
) -> std::result::Result<(), Stopped> {
    match step {
        Step::Enter(..) => entries.folders = entries.folders.saturating_add(1),
        Step::Entry(_, entry) => add(manifest, entry, entries)?,
        Step::Leave(..) => {}
    }
    Ok(())
}

fn add(
    manifest: &dyn Manifest,
    entry: &Entry,
    entries: &mut Entries,
) -> std::result::Result<(), Stopped> {
    match &entry.node {
        Node::File(content) => {
            let size = each_run(manifest, content, u64::MAX, |_| Ok(()))?;
            entries.files = entries.files.saturating_add(1);
            entries.file_bytes = entries.file_bytes.saturating_add(size);
        }
        _ => entries.others = entries.others.saturating_add(1),
    }
    Ok(())
}
