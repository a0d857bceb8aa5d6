//! Reading everything back: the walk once more, held against what our reader finds on the
//! volume; then all data, in the order in which it lies there, by threads, past the page cache,
//! each chunk against its id.
//!
//! Memory: 80 bytes for each run of data.

mod batch;
mod content;
mod inode;

use super::plan::Plan;
use crate::aligned::Memory;
use crate::device::Device;
use crate::disk::Part;
use crate::error::{Error, Result};
use crate::manifest::{Entry, EntryName, Meta, Node};
use crate::restore::make::all_runs;
use crate::restore::target::Target;
use crate::restore::tree::LOST_AND_FOUND;
use crate::restore::walk::{Step, Stopped, each_step};
use batch::Batch;
use qib_ext4::{DirEntry, Ext4, FileType, Inode, InodeNumber};
use qib_rpc::key::ChunkKey;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Threads that read data, at most: each holds a batch.
const MAX_THREADS: usize = 8;

type Fs = Ext4<Part<Device>>;

/// Holds the volume against the snapshot. `left_out` is how many attributes it lacks.
///
/// # Errors
/// [`Error::Target`] when it is not what it must be.
pub fn verify(plan: &Plan<'_>, target: &Target, key: &ChunkKey, left_out: u64) -> Result<()> {
    let device = Device::open(target.path())?;
    device.forget();
    let part = Part::new(device, target.fs_range()).ok_or_else(differs)?;
    let fs = &Ext4::open(part).map_err(damaged)?;
    let mut looking = Looking {
        plan,
        fs,
        levels: vec![Level::open(fs, fs.root().map_err(damaged)?)?],
        parts: Vec::new(),
        missing: 0,
    };
    each_step(plan.spool, plan.tree, plan.digest, |step| {
        looking.step(step)
    })?;
    check(looking.missing == left_out)?;
    let mut parts = looking.parts;
    parts.sort_unstable_by_key(|part| part.first.start);
    check(read_all(parts, fs, key)?)
}

/// Reads all parts and says whether each is what it must be.
fn read_all(parts: Vec<batch::Part>, fs: &Fs, key: &ChunkKey) -> Result<bool> {
    let good = AtomicBool::new(true);
    let threads = thread::available_parallelism().map_or(1, |count| count.get().min(MAX_THREADS));
    let (sender, receiver) = sync_channel(threads);
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| read_some(&receiver, fs, key, &good));
        }
        let sender = sender;
        let mut batch = Batch::default();
        for part in parts {
            if let Some(part) = batch.add(part) {
                send(&sender, std::mem::take(&mut batch))?;
                batch.add(part);
            }
        }
        send(&sender, batch)
    })?;
    Ok(good.into_inner())
}

fn send(sender: &SyncSender<Batch>, batch: Batch) -> Result<()> {
    sender.send(batch).map_err(|_| Error::thread_gone())
}

/// Tests batches until no more come. After one that differs the others are only taken.
fn read_some(receiver: &Mutex<Receiver<Batch>>, fs: &Fs, key: &ChunkKey, good: &AtomicBool) {
    let mut memory = Memory::default();
    let next = || {
        let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
        receiver.recv().ok()
    };
    while let Some(batch) = next() {
        let is_good = good.load(Ordering::Relaxed)
            && batch
                .is_as_it_must_be(fs, key, &mut memory)
                .unwrap_or(false);
        good.fetch_and(is_good, Ordering::Relaxed);
    }
}

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

struct Looking<'a> {
    plan: &'a Plan<'a>,
    fs: &'a Fs,
    levels: Vec<Level>,
    /// All data.
    parts: Vec<batch::Part>,
    /// Attributes that are not there.
    missing: u64,
}

impl Looking<'_> {
    fn step(&mut self, step: Step) -> std::result::Result<(), Stopped> {
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
                self.parts.extend(parts);
                Ok(())
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

fn check(is_same: bool) -> Result<()> {
    if is_same { Ok(()) } else { Err(differs()) }
}

fn differs() -> Error {
    Error::Target(io::Error::other(
        "what was read back is not what was written",
    ))
}

fn damaged(error: qib_ext4::Error) -> Error {
    Error::Target(io::Error::other(format!("what was written: {error}")))
}
