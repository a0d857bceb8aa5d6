//! Names, inodes and attributes, held against the manifest.

use super::reading::Reading;
use super::{Fs, check, content, damaged, differs, inode};
use crate::error::Result;
use crate::manifest::{Entry, EntryName, Meta, Node};
use crate::restore::fresh::plan::Plan;
use crate::restore::make::all_runs;
use crate::restore::tree::LOST_AND_FOUND;
use crate::restore::walk::{Step, Stopped};
use qib_ext4::{DirEntry, FileType, Inode, InodeNumber};

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
    levels: Vec<Level>,
    data: Reading<'a>,
    /// Attributes that are not there.
    missing: u64,
}

impl<'a> Looking<'a> {
    /// Begins at the root; the data of files goes to `data`.
    ///
    /// # Errors
    /// When the file system contradicts itself.
    pub fn new(plan: &'a Plan<'a>, fs: &'a Fs, data: Reading<'a>) -> Result<Self> {
        let root = Level::open(fs, fs.root().map_err(damaged)?)?;
        Ok(Self {
            plan,
            fs,
            levels: vec![root],
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
            Step::Entry(_, entry) => self.entry(&entry),
            Step::Leave(_, meta) => Ok(self.leave(&meta)?),
        }
    }

    fn enter(&mut self, name: &EntryName) -> Result<()> {
        let inode = self.find(name)?;
        if let Some(level) = self.levels.last_mut() {
            level.folders = level.folders.saturating_add(1);
        }
        self.levels.push(Level::open(self.fs, inode)?);
        Ok(())
    }

    /// The inode behind the next name, which must be this one.
    fn find(&mut self, name: &EntryName) -> Result<Inode> {
        let at_root = self.levels.len() == 1;
        let level = self.levels.last_mut().ok_or_else(differs)?;
        let is_own = |found: &[u8]| at_root && found == LOST_AND_FOUND && name.bytes() != found;
        if level.names.last().is_some_and(|(found, _)| is_own(found)) {
            level.names.pop();
            level.folders = level.folders.saturating_add(1);
        }
        match level.names.pop() {
            Some((found, number)) if *found == *name.bytes() => {
                self.fs.inode(number).map_err(damaged)
            }
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

    fn entry(&mut self, entry: &Entry) -> std::result::Result<(), Stopped> {
        let found = self.find(&entry.name)?;
        let links = self.plan.survey.links.count(entry);
        let file_type = inode::file_type(&entry.node);
        self.inode(&found, file_type, &entry.meta, links)?;
        match &entry.node {
            Node::File(content) => {
                let (runs, size) = all_runs(self.plan.spool, content)?;
                let extents = self.fs.extents(&found).map_err(damaged)?;
                let extents = extents.collect::<std::result::Result<Vec<_>, _>>();
                let extents = extents.map_err(damaged)?;
                let block = u64::from(self.fs.block_size());
                let parts = content::parts(&runs, &extents, size, block);
                let parts = parts.filter(|_| found.size == size).ok_or_else(differs)?;
                Ok(self.data.add(parts)?)
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

    fn inode(&mut self, found: &Inode, file_type: FileType, meta: &Meta, links: u32) -> Result<()> {
        check(inode::is_same(found, file_type, meta, links))?;
        if meta.xattrs.is_empty() {
            return Ok(());
        }
        let there = self.fs.xattrs(found).map_err(damaged)?;
        let missing = inode::missing(&there, &meta.xattrs).ok_or_else(differs)?;
        self.missing = self.missing.saturating_add(missing);
        Ok(())
    }
}
