//! The smaller snapshot that holds only what paths name, with the folders above it.

use super::held::Held;
use super::left::{Left, MayLack};
use super::pattern::{Paths, Scope};
use super::pieces::{Pieces, Store};
use crate::error::{Error, Result};
use crate::manifest::{Entry, EntryName, Meta, Node, Part};
use crate::restore::runs::each_run;
use crate::restore::walk::{Step, Stopped, Walk};
use crate::snapshot::Snapshot;
use qib_rpc::class::Classes;
use qib_rpc::count::Counts;
use qib_rpc::id::Digest;
use qib_rpc::path::PathPatterns;

/// Walks a manifest along the paths, and no further, and makes a smaller one of what they
/// name and no class holds back; returns also how much one did, a folder counting as one.
///
/// # Errors
/// [`Error::NoSuchPath`] when a path names nothing, or why the manifest can not be walked.
pub fn select(
    manifest: &dyn MayLack,
    snapshot: &Snapshot,
    digest: Digest,
    paths: &PathPatterns,
    without: Classes,
    store: Store<'_>,
) -> Result<(Snapshot, u64)> {
    let paths = Paths::new(paths);
    let mut selecting = Selecting {
        manifest,
        left: Left::new(manifest),
        store,
        file_bytes_said: snapshot.counts.file_bytes,
        folders: vec![Folder::new(None, paths.root())],
        paths,
        counts: Counts::default(),
        held: Held::new(without),
        smaller: Snapshot {
            packs: Vec::new(),
            ..snapshot.clone()
        },
    };
    let mut walk = Walk::new(manifest, snapshot);
    let mut all = || {
        while let Some(step) = walk.next_step()? {
            if !selecting.step(step, walk.entered())? {
                walk.pass_over();
            }
        }
        Ok(())
    };
    all().map_err(|stopped: Stopped| stopped.about(digest))?;
    selecting.finish()
}

struct Selecting<'a> {
    manifest: &'a dyn MayLack,
    left: Left<'a>,
    store: Store<'a>,
    file_bytes_said: u64,
    /// From the root to the folder that is walked.
    folders: Vec<Folder>,
    paths: Paths<'a>,
    counts: Counts,
    held: Held,
    smaller: Snapshot,
}

struct Folder {
    /// None for the root.
    name: Option<EntryName>,
    scope: Scope,
    kept: Pieces,
}

impl Folder {
    fn new(name: Option<EntryName>, scope: Scope) -> Self {
        let kept = Pieces::default();
        Self { name, scope, kept }
    }
}

impl Selecting<'_> {
    /// False when a folder that was entered, of these pieces, is not to be walked.
    fn step(&mut self, step: Step, pieces: &[Part]) -> std::result::Result<bool, Stopped> {
        match step {
            Step::Enter(_, name) => self.enter(name, pieces),
            Step::Entry(_, entry) => self.entry(&entry).map(|()| true),
            Step::Leave(_, meta) => Ok(self.leave(meta).map(|()| true)?),
        }
    }

    fn judge(&mut self, name: &EntryName) -> Scope {
        let depth = self.folders.len().saturating_sub(1);
        let folder = self.folders.last();
        folder.map_or_else(Scope::default, |folder| {
            self.paths.judge(&folder.scope, depth, name.bytes())
        })
    }

    fn enter(&mut self, name: EntryName, pieces: &[Part]) -> std::result::Result<bool, Stopped> {
        let scope = self.judge(&name);
        if scope.is_empty() || self.held.folder(&name, self.folders.len()) {
            return Ok(false);
        }
        if self.held.asks_for_loss() {
            let is_lost = !self.left.has_folder(pieces)?;
            if self.held.lost(is_lost) {
                return Ok(false);
            }
        }
        if let Some(above) = self.folders.last_mut() {
            above.kept.rest(self.store)?;
        }
        self.folders.push(Folder::new(Some(name), scope));
        Ok(true)
    }

    fn entry(&mut self, entry: &Entry) -> std::result::Result<(), Stopped> {
        if !self.judge(&entry.name).whole || self.held.entry(entry, self.folders.len()) {
            return Ok(());
        }
        if let (Node::File(content), true) = (&entry.node, self.held.asks_for_loss()) {
            let (is_whole, _) = self.left.has_file(content, self.file_bytes_said)?;
            if self.held.lost(!is_whole) {
                return Ok(());
            }
        }
        let (count, size) = match &entry.node {
            // Its lists come with it.
            Node::File(content) => {
                let size = each_run(self.manifest, content, self.file_bytes_said, |_| Ok(()))?;
                (&mut self.counts.files, size)
            }
            _ => (&mut self.counts.others, 0),
        };
        *count = count.saturating_add(1);
        self.counts.file_bytes = self.counts.file_bytes.saturating_add(size);
        Ok(self.keep(entry)?)
    }

    fn keep(&mut self, entry: &Entry) -> Result<()> {
        let folder = self.folders.last_mut();
        folder.map_or(Ok(()), |folder| folder.kept.add(self.store, entry))
    }

    fn leave(&mut self, meta: Meta) -> Result<()> {
        let Some(folder) = self.folders.pop() else {
            return Ok(());
        };
        let means_nothing = !folder.scope.whole && folder.kept.is_empty();
        let pieces = folder.kept.finish(self.store)?;
        let Some(name) = folder.name else {
            self.smaller.pieces = pieces;
            return Ok(());
        };
        if means_nothing {
            return Ok(());
        }
        self.counts.folders = self.counts.folders.saturating_add(1);
        self.keep(&Entry {
            name,
            meta,
            node: Node::Directory(pieces),
            link_group: None,
        })
    }

    fn finish(self) -> Result<(Snapshot, u64)> {
        if !self.paths.all_met() {
            return Err(Error::NoSuchPath);
        }
        let smaller = Snapshot {
            counts: self.counts,
            ..self.smaller
        };
        Ok((smaller, self.held.count))
    }
}
