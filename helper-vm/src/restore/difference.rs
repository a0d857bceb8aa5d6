//! In what two snapshots differ: both manifests are walked side by side, and what has the same
//! pieces in both is not read.

use super::runs::each_run;
use super::walk::{Manifest, Step, Stopped, Walk};
use crate::error::Result;
use crate::manifest::{Entry, EntryName, Node};
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
    if older.pieces == newer.pieces {
        return Ok(Compared::default());
    }
    let mut both = Both {
        manifest,
        older: Side::new(manifest, older),
        newer: Side::new(manifest, newer),
        found: Compared::default(),
    };
    let compared = both.compare();
    compared.map_err(|stopped| stopped.about(digest))?;
    Ok(both.found)
}

/// A walk of which the next step is looked at before it is taken.
struct Side<'a> {
    walk: Walk<'a>,
    next: Option<Step>,
}

impl<'a> Side<'a> {
    fn new(manifest: &'a dyn Manifest, snapshot: &Snapshot) -> Self {
        let walk = Walk::new(manifest, snapshot);
        Self { walk, next: None }
    }

    fn take(&mut self) -> std::result::Result<Option<Step>, Stopped> {
        match self.next.take() {
            None => self.walk.next_step(),
            next => Ok(next),
        }
    }

    /// The next name in the folder; none at its end.
    fn name(&mut self) -> std::result::Result<Option<&EntryName>, Stopped> {
        if self.next.is_none() {
            self.next = self.walk.next_step()?;
        }
        Ok(match &self.next {
            Some(Step::Enter(_, name)) => Some(name),
            Some(Step::Entry(_, entry)) => Some(&entry.name),
            Some(Step::Leave(..)) | None => None,
        })
    }

    /// Counts the next entry, a folder with all that lies in it.
    fn count(
        &mut self,
        manifest: &dyn Manifest,
        entries: &mut Entries,
    ) -> std::result::Result<(), Stopped> {
        let mut depth = 0_u32;
        while let Some(step) = self.take()? {
            match step {
                Step::Enter(..) => {
                    depth = depth.saturating_add(1);
                    entries.folders = entries.folders.saturating_add(1);
                }
                Step::Entry(_, entry) => add(manifest, &entry, entries)?,
                Step::Leave(..) => depth = depth.saturating_sub(1),
            }
            if depth == 0 {
                break;
            }
        }
        Ok(())
    }
}

struct Both<'a> {
    manifest: &'a dyn Manifest,
    older: Side<'a>,
    newer: Side<'a>,
    found: Compared,
}

impl Both<'_> {
    /// Both are always in the same folder.
    fn compare(&mut self) -> std::result::Result<(), Stopped> {
        loop {
            let (older, newer) = (self.older.name()?, self.newer.name()?);
            let goes_first = match (older, newer) {
                (Some(older), Some(newer)) => older.cmp(newer),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => {
                    let left = (self.older.take()?, self.newer.take()?);
                    if left.0.is_none() || left.1.is_none() {
                        return Ok(());
                    }
                    continue;
                }
            };
            match goes_first {
                std::cmp::Ordering::Less => self.removed()?,
                std::cmp::Ordering::Greater => self.added()?,
                std::cmp::Ordering::Equal => self.same_name()?,
            }
        }
    }

    fn removed(&mut self) -> std::result::Result<(), Stopped> {
        self.older.count(self.manifest, &mut self.found.removed)
    }

    fn added(&mut self) -> std::result::Result<(), Stopped> {
        self.newer.count(self.manifest, &mut self.found.added)
    }

    fn same_name(&mut self) -> std::result::Result<(), Stopped> {
        match (&self.older.next, &self.newer.next) {
            (Some(Step::Enter(..)), Some(Step::Enter(..))) => {
                (self.older.next, self.newer.next) = (None, None);
                if self.older.walk.entered() == self.newer.walk.entered() {
                    self.older.walk.pass_over();
                    self.newer.walk.pass_over();
                }
                Ok(())
            }
            (Some(Step::Entry(_, older)), Some(Step::Entry(_, newer)))
                if is_file(older) == is_file(newer) =>
            {
                if older.node != newer.node {
                    add(self.manifest, newer, &mut self.found.changed)?;
                } else if older.meta != newer.meta {
                    self.found.touched = self.found.touched.saturating_add(1);
                }
                (self.older.next, self.newer.next) = (None, None);
                Ok(())
            }
            _ => {
                self.removed()?;
                self.added()
            }
        }
    }
}

fn is_file(entry: &Entry) -> bool {
    matches!(entry.node, Node::File(_))
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
