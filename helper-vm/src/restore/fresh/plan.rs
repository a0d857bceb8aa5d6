//! The walk that writes the tree: names and inodes now, and a place for every chunk of data.

use crate::error::{Error, Result};
use crate::manifest::{Entry, Meta, Node};
use crate::restore::identity::Identity;
use crate::restore::links::Role;
use crate::restore::make::all_runs;
use crate::restore::runs::Run;
use crate::restore::spool::Spool;
use crate::restore::steps::each_step;
use crate::restore::survey::Survey;
use crate::restore::walk::{FolderNumber, Step, Stopped};
use crate::snapshot::Snapshot;
use qib_ext4::Timestamp;
use qib_ext4_writer as writer;
use qib_ext4_writer::{BlockWriter, Known, Layout, Special, Writer};
use qib_rpc::id::Digest;
use std::collections::HashMap;

/// What is written.
#[derive(Clone, Copy)]
pub struct Plan<'a> {
    /// Where its manifest is.
    pub spool: &'a Spool,
    /// The tree.
    pub tree: &'a Snapshot,
    /// The snapshot that it is of.
    pub digest: Digest,
    /// What was found in it.
    pub survey: &'a Survey,
    /// What its file system is told apart by.
    pub identity: Identity,
}

impl Plan<'_> {
    /// Writes the tree. Of every file with data `first` says where its blocks begin, by its runs
    /// and how they lie in them.
    ///
    /// # Errors
    /// When it does not fit, or the volume can not be written.
    pub fn write<D: BlockWriter>(
        &self,
        writer: &mut Writer<D>,
        first: impl FnMut(&mut Writer<D>, Vec<Run>, &Layout) -> Result<u64>,
    ) -> Result<()> {
        let mut planning = Planning {
            plan: *self,
            writer,
            first,
            known: HashMap::new(),
        };
        each_step(self.spool, self.tree, self.digest, |step| match step {
            Step::Enter(_, name) => {
                let entered = planning.writer.enter(name.bytes());
                Ok(entered.map(drop).map_err(failed)?)
            }
            Step::Entry(folder, entry) => planning.entry(folder, &entry),
            Step::Leave(_, meta) => {
                let left = planning.writer.leave(&all(&meta));
                Ok(left.map_err(failed)?)
            }
        })
    }
}

struct Planning<'a, D, F> {
    plan: Plan<'a>,
    writer: &'a mut Writer<D>,
    first: F,
    /// What the first name of each group led to.
    known: HashMap<u32, Known>,
}

impl<D, F> Planning<'_, D, F>
where
    D: BlockWriter,
    F: FnMut(&mut Writer<D>, Vec<Run>, &Layout) -> Result<u64>,
{
    fn entry(&mut self, folder: FolderNumber, entry: &Entry) -> std::result::Result<(), Stopped> {
        let links = &self.plan.survey.links;
        let group = entry.link_group;
        if let (Role::Other(..), Some(group)) = (links.role(folder, entry), group) {
            let known = self.known.get(&group).copied();
            let known = known.ok_or(Error::Job("a name whose first name did not come"))?;
            let linked = self.writer.link(entry.name.bytes(), known);
            return Ok(linked.map_err(failed)?);
        }
        let known = self.first(entry, links.count(entry))?;
        if let (Some(group), Some(known)) = (group, known) {
            self.known.insert(group, known);
        }
        Ok(())
    }

    fn first(&mut self, entry: &Entry, links: u32) -> std::result::Result<Option<Known>, Stopped> {
        let (name, meta) = (entry.name.bytes(), all(&entry.meta));
        let special = match &entry.node {
            Node::Directory(_) => return Ok(None),
            Node::File(content) => {
                let (runs, size) = all_runs(self.plan.spool, content)?;
                return self.file(entry, links, size, runs).map(Some);
            }
            Node::Symlink(target) => Special::Symlink(target),
            Node::CharDevice(major, minor) => Special::CharDevice(*major, *minor),
            Node::BlockDevice(major, minor) => Special::BlockDevice(*major, *minor),
            Node::Fifo => Special::Fifo,
        };
        let known = self.writer.special(name, &meta, links, special);
        Ok(Some(known.map_err(failed)?))
    }

    fn file(
        &mut self,
        entry: &Entry,
        links: u32,
        size: u64,
        runs: Vec<Run>,
    ) -> std::result::Result<Known, Stopped> {
        let rows: Vec<writer::Run> = runs
            .iter()
            .map(|run| writer::Run {
                at: run.at,
                bytes: run.bytes,
            })
            .collect();
        let layout = Layout::new(size, &rows, self.writer.block_size()).map_err(failed)?;
        let first = if runs.is_empty() {
            0
        } else {
            (self.first)(self.writer, runs, &layout)?
        };
        let (name, meta) = (entry.name.bytes(), all(&entry.meta));
        let made = self.writer.file(name, &meta, links, &layout, first);
        Ok(made.map_err(failed)?)
    }
}

/// Metadata as the writer wants it.
fn all(meta: &Meta) -> writer::Meta<'_> {
    writer::Meta {
        permissions: u16::try_from(meta.mode & 0o7777).unwrap_or(0),
        uid: meta.uid,
        gid: meta.gid,
        mtime: Timestamp {
            seconds: meta.seconds,
            nanoseconds: meta.nanoseconds,
        },
        xattrs: &meta.xattrs,
    }
}

/// What an error of the writer means.
pub(super) fn failed(error: writer::Error) -> Error {
    match error {
        writer::Error::Io(error) => Error::Target(error),
        writer::Error::Full => Error::TargetTooSmall(None),
        other => Error::Unwritable(other),
    }
}
