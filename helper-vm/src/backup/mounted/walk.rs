//! The walk over all names: reads what is new, and writes the manifest, folders after
//! what is in them.

mod file;
mod left_out;

use super::Judge;
use super::content::Contents;
use super::folders::Folders;
use super::identity::{Identities, Place};
use super::links::Links;
use super::look::Look;
use super::mount::Mount;
use super::seen::Seen;
use crate::backup::manifest_walk::Root;
use crate::backup::partial::Partials;
use crate::backup::paths::{Paths, Position};
use crate::backup::piece::Pieces;
use crate::backup::racy::ReadAgain;
use crate::backup::session::Session;
use crate::backup::store::Store;
use crate::backup::trial::{Trial, Within};
use crate::cut::Cutter;
use crate::error::{Error, Result};
use crate::manifest::{Entry, EntryName, Meta, Node};
use qib_ext4::FileType;
use qib_rpc::count::LeftOuts;
use qib_rpc::rule::Rule;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::vec::IntoIter;

/// No entry takes less of a volume than this, in bytes, and subvolumes may share all of
/// theirs: a volume that shows more entries is a trap without end.
const LEAST_ENTRY_BYTES: u64 = 256;

/// A folder that is being written.
struct Level {
    /// The name under which it lies in the folder above; none for the root.
    name: Option<EntryName>,
    meta: Meta,
    inode: u64,
    device: (u32, u32),
    place: Place,
    position: Position,
    within: Within,
    names: IntoIter<EntryName>,
    pieces: Pieces,
}

/// A walk.
pub(super) struct Walk<'a, W> {
    session: &'a Session<W>,
    store: &'a mut Store,
    folders: Folders,
    contents: Contents<'a>,
    partials: Partials,
    judge: Judge,
    paths: Paths,
    trial: &'a mut Trial,
    links: Links,
    left_out: LeftOuts,
    entries_left: u64,
}

impl<'a, W: Write + Send + 'static> Walk<'a, W> {
    pub(super) fn new(
        session: &'a Session<W>,
        mount: &Mount,
        root: OwnedFd,
        cutter: &'a Cutter,
        store: &'a mut Store,
        trial: &'a mut Trial,
    ) -> Result<Self> {
        let job = &session.job;
        Ok(Self {
            session,
            partials: Partials::new(store),
            store,
            folders: Folders::new(root, mount.kind)?,
            contents: Contents::new(cutter, mount.bytes),
            judge: Judge {
                identities: Identities::new(&job.chunk_key),
                again: ReadAgain::new(job.previous, job.now, &job.chunk_key),
                seen: Seen::default(),
            },
            paths: Paths::new(job.rules, &job.paths, &session.obeyed()),
            trial,
            links: Links::default(),
            left_out: LeftOuts::default(),
            entries_left: mount.bytes / LEAST_ENTRY_BYTES,
        })
    }

    /// Writes the manifest, and everything that is not stored yet.
    ///
    /// # Errors
    /// When the volume can not be read, or something not be stored.
    pub(super) fn write(mut self) -> Result<(Root, LeftOuts)> {
        let mut above: Vec<Level> = Vec::new();
        let mut level = self.root()?;
        loop {
            self.session.dom0.count(&self.session.counts(self.store));
            if let Some(name) = level.names.next() {
                if let Some(inner) = self.entry(&mut level, name)? {
                    above.push(std::mem::replace(&mut level, inner));
                }
                continue;
            }
            let pieces = level.pieces.finish(self.store)?;
            let (meta, name) = (level.meta, level.name);
            let (Some(name), Some(outer)) = (name, above.pop()) else {
                return Ok(self.finish(Root { meta, pieces }));
            };
            self.folders.leave()?;
            let within = level.within;
            level = outer;
            self.trial.leave(within, &mut level.within);
            let node = Node::Directory(pieces);
            self.add(&mut level, entry(name, meta, node, None))?;
        }
    }

    fn finish(self, root: Root) -> (Root, LeftOuts) {
        let files = &mut self.store.known.files;
        let racy = self.judge.seen.finish(self.session.job.now, files);
        self.store.counts.files_racy = racy;
        (root, self.left_out)
    }

    fn root(&mut self) -> Result<Level> {
        let look = Look::at(self.folders.here(), b".")?;
        let look = look.with_attributes(self.folders.here(), b".")?;
        Ok(Level {
            name: None,
            inode: look.id.inode,
            device: look.id.device,
            meta: look.meta,
            place: Place::ROOT,
            position: Paths::ROOT,
            within: Within::ROOT,
            names: self.folders.names()?.into_iter(),
            pieces: Pieces::default(),
        })
    }

    fn look(&mut self, name: &EntryName) -> Result<Look> {
        let trap = Error::VolumeTooLarge("far more entries than the volume could hold");
        self.entries_left = self.entries_left.checked_sub(1).ok_or(trap)?;
        let look = Look::at(self.folders.here(), name.bytes())?;
        self.judge.seen.time(look.changed.0);
        Ok(look)
    }

    /// Adds an entry; a folder must be walked first.
    fn entry(&mut self, level: &mut Level, name: EntryName) -> Result<Option<Level>> {
        let look = self.look(&name)?;
        if let Some(rule) = self.left_out_by(level.position, &name, &look) {
            self.leave_out(rule, &name, &look)?;
            return Ok(None);
        }
        let look = look.with_attributes(self.folders.here(), name.bytes())?;
        let counts = &mut self.store.counts;
        match look.file_type {
            FileType::Directory => {
                counts.folders = counts.folders.saturating_add(1);
                return self.folder(level, name, look).map(Some);
            }
            FileType::Regular => {
                counts.files = counts.files.saturating_add(1);
                counts.file_bytes = counts.file_bytes.saturating_add(look.size);
            }
            _ => counts.others = counts.others.saturating_add(1),
        }
        let bytes = if look.file_type == FileType::Regular {
            look.size
        } else {
            0
        };
        self.trial.entry(&mut level.within, name.bytes(), bytes);
        let (node, group) = self.node(level.place, &name, &look)?;
        self.add(level, entry(name, look.meta, node, group))?;
        Ok(None)
    }

    fn add(&mut self, level: &mut Level, entry: Entry) -> Result<()> {
        let key = &self.session.job.cut_key;
        level.pieces.add(self.store, key, &entry)
    }

    /// Enters a folder. What the rules leave out of it is counted at once.
    fn folder(&mut self, level: &mut Level, name: EntryName, look: Look) -> Result<Level> {
        let position = self.paths.enter(level.position, name.bytes())?;
        let within = self.trial.enter(&mut level.within, name.bytes());
        self.folders.enter(&name, look.id)?;
        let mut names = self.folders.names()?;
        if let Some(tag) = self.cache_tag(position, &names)? {
            names.retain(|name| *name != tag);
            self.leave_out_all(Rule::CacheDirTag, names)?;
            names = vec![tag];
        }
        let place = if look.id.device == level.device {
            level.place
        } else {
            let identities = &self.judge.identities;
            identities.place(level.place, level.inode, name.bytes())
        };
        Ok(Level {
            name: Some(name),
            inode: look.id.inode,
            device: look.id.device,
            meta: look.meta,
            place,
            position,
            within,
            names: names.into_iter(),
            pieces: Pieces::default(),
        })
    }
}

fn entry(name: EntryName, meta: Meta, node: Node, link_group: Option<u32>) -> Entry {
    Entry {
        name,
        meta,
        node,
        link_group,
    }
}
