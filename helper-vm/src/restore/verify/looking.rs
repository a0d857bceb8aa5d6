//! Names, inodes and attributes, held against the manifest.

use super::batch::Part;
use super::reading::Reading;
use super::{Fs, check, content, damaged, differs, inode};
use crate::error::Result;
use crate::manifest::{Entry, EntryName, Meta, Node};
use crate::restore::fresh::Plan;
use crate::restore::links::Role;
use crate::restore::make::all_runs;
use crate::restore::runs::Run;
use crate::restore::tree::LOST_AND_FOUND;
use crate::restore::walk::{FolderNumber, Step, Stopped};
use qib_ext4::{DirEntry, Extent, FileType, Inode, InodeNumber};
use qib_rpc::key::ChunkKey;
use std::collections::HashMap;

/// A folder on the volume whose entries are awaited.
struct Level {
    inode: Inode,
    /// What is still to come, the next one last.
    names: Vec<(Box<[u8]>, InodeNumber)>,
    /// Sub-folders that came.
    folders: u32,
}

impl Level {
    fn open(fs: &Fs, inode: Inode) -> Result<Self> {
        let mut names = Vec::new();
        let take = |entry: DirEntry<'_>| names.push((entry.name.into(), entry.inode));
        fs.read_dir(&inode, take).map_err(damaged)?;
        names.sort_unstable_by(|a: &(Box<[u8]>, _), b| b.0.cmp(&a.0));
        Ok(Self {
            inode,
            names,
            folders: 0,
        })
    }
}

/// Looks at one name after the other.
pub struct Looking<'a> {
    plan: &'a Plan<'a>,
    fs: &'a Fs,
    key: &'a ChunkKey,
    levels: Vec<Level>,
    /// What the first name of each group led to.
    linked: HashMap<u32, InodeNumber>,
    data: Reading<'a>,
    /// Attributes that are not there.
    missing: u64,
}

impl<'a> Looking<'a> {
    /// Begins at the root; the data of files goes to `data`.
    ///
    /// # Errors
    /// When the file system contradicts itself.
    pub fn new(
        plan: &'a Plan<'a>,
        fs: &'a Fs,
        key: &'a ChunkKey,
        data: Reading<'a>,
    ) -> Result<Self> {
        let root = Level::open(fs, fs.root().map_err(damaged)?)?;
        Ok(Self {
            plan,
            fs,
            key,
            levels: vec![root],
            linked: HashMap::new(),
            data,
            missing: 0,
        })
    }

    /// All names were there: reads what data is left.
    ///
    /// # Errors
    /// When there are other attributes than there must be.
    pub fn finish(self, left_out: u64) -> Result<()> {
        check(self.missing == left_out)?;
        self.data.finish()
    }

    /// The next step of the walk.
    ///
    /// # Errors
    /// When it is not what the volume has.
    pub fn step(&mut self, step: Step) -> std::result::Result<(), Stopped> {
        match step {
            Step::Enter(_, name) => Ok(self.enter(&name)?),
            Step::Entry(folder, entry) => self.entry(folder, &entry),
            Step::Leave(_, meta) => Ok(self.leave(&meta)?),
        }
    }

    fn enter(&mut self, name: &EntryName) -> Result<()> {
        let number = self.find(name)?;
        let inode = self.fs.inode(number).map_err(damaged)?;
        if let Some(level) = self.levels.last_mut() {
            level.folders = level.folders.saturating_add(1);
        }
        self.levels.push(Level::open(self.fs, inode)?);
        Ok(())
    }

    /// Where the next name leads, which must be this one.
    fn find(&mut self, name: &EntryName) -> Result<InodeNumber> {
        let at_root = self.levels.len() == 1;
        let level = self.levels.last_mut().ok_or_else(differs)?;
        let is_own = |found: &[u8]| at_root && found == LOST_AND_FOUND && name.bytes() != found;
        if level.names.last().is_some_and(|(found, _)| is_own(found)) {
            level.names.pop();
            level.folders = level.folders.saturating_add(1);
        }
        match level.names.pop() {
            Some((found, number)) if *found == *name.bytes() => Ok(number),
            _ => Err(differs()),
        }
    }

    fn leave(&mut self, meta: &Meta) -> Result<()> {
        let mut level = self.levels.pop().ok_or_else(differs)?;
        let is_root = self.levels.is_empty();
        if is_root && level.names.len() == 1 {
            level.names.retain(|(name, _)| **name != *LOST_AND_FOUND);
            level.folders = level.folders.saturating_add(1);
        }
        if !level.names.is_empty() {
            return Err(differs());
        }
        let links = level.folders.saturating_add(2);
        let links = if links > inode::MOST_LINKS { 1 } else { links };
        self.inode(&level.inode, FileType::Directory, meta, links)
    }

    fn entry(&mut self, folder: FolderNumber, entry: &Entry) -> std::result::Result<(), Stopped> {
        let number = self.find(&entry.name)?;
        let links = &self.plan.survey.links;
        if let Some(group) = entry.link_group {
            if let Role::Other(..) = links.role(folder, entry) {
                return Ok(check(self.linked.get(&group) == Some(&number))?);
            }
            self.linked.insert(group, number);
        }
        let found = self.fs.inode(number).map_err(damaged)?;
        let file_type = inode::file_type(&entry.node);
        self.inode(&found, file_type, &entry.meta, links.count(entry))?;
        match &entry.node {
            Node::File(content) => {
                let (runs, size) = all_runs(self.plan.spool, content)?;
                check(found.size == size)?;
                Ok(self.content(&found, &runs)?)
            }
            Node::Symlink(target) => {
                let there = self.fs.symlink_target(&found).map_err(damaged)?;
                Ok(check(there == *target)?)
            }
            Node::CharDevice(major, minor) | Node::BlockDevice(major, minor) => {
                let there = found.device.map(|device| (device.major, device.minor));
                Ok(check(there == Some((*major, *minor)))?)
            }
            Node::Fifo | Node::Directory(_) => Ok(()),
        }
    }

    fn content(&mut self, found: &Inode, runs: &[Run]) -> Result<()> {
        if let Some(bytes) = found.inline_data().map_err(damaged)? {
            return check(content::is_inline(runs, &bytes, self.key));
        }
        let extents = self.fs.extents(found).map_err(damaged)?;
        let extents: std::result::Result<Vec<Extent>, _> = extents.collect();
        let block_bytes = u64::from(self.fs.block_size());
        let parts = content::parts(runs, &extents.map_err(damaged)?, block_bytes);
        let parts: Vec<Part> = parts.ok_or_else(differs)?;
        self.data.add(parts)
    }

    fn inode(&mut self, found: &Inode, file_type: FileType, meta: &Meta, links: u32) -> Result<()> {
        check(inode::is_same(found, file_type, meta, links))?;
        let there = self.fs.xattrs(found).map_err(damaged)?;
        let missing = inode::missing(&there, &meta.xattrs).ok_or_else(differs)?;
        self.missing = self.missing.saturating_add(missing);
        Ok(())
    }
}
