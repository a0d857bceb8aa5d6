//! What a manifest is written of, read ahead by a thread of its own: each folder, then
//! its entries, a folder among them with all that is in it.

use super::listing::Listing;
use crate::backup::paths::Paths;
use crate::backup::selection::{Selection, left_out_by};
use crate::error::{Error, Result};
use crate::manifest::{EntryName, Meta};
use qib_ext4::{BlockReader, Ext4, FileType, Inode, InodeNumber};
use qib_rpc::rule::{Rule, Rules};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::Scope;

/// Batches that wait to be taken, at most.
const BATCHES: usize = 4;

/// Steps of a batch, at most.
const STEPS: usize = 256;

/// A batch ends once its attributes and targets have this many bytes.
const EXTRA_BYTES: usize = 256 << 10;

/// Something that has a place in the manifest.
pub(super) struct Found {
    pub(super) inode: Inode,
    pub(super) meta: Meta,
    /// Where a symbolic link leads.
    pub(super) target: Vec<u8>,
}

impl Found {
    pub(super) fn read<R: BlockReader>(fs: &Ext4<R>, inode: Inode) -> Result<Self> {
        let xattrs = fs.xattrs(&inode)?.into_iter();
        let target = match inode.file_type {
            FileType::Symlink => fs.symlink_target(&inode)?,
            _ => Vec::new(),
        };
        let meta = Meta {
            mode: inode.permissions.into(),
            uid: inode.uid,
            gid: inode.gid,
            seconds: inode.mtime.seconds,
            nanoseconds: inode.mtime.nanoseconds,
            xattrs: xattrs.map(|xattr| (xattr.name, xattr.value)).collect(),
        };
        Ok(Self {
            inode,
            meta,
            target,
        })
    }

    fn extra_bytes(&self) -> usize {
        let xattrs = self.meta.xattrs.iter();
        let bytes = xattrs.map(|(name, value)| name.len().saturating_add(value.len()));
        bytes.fold(self.target.len(), usize::saturating_add)
    }
}

/// The next thing to write.
pub(super) enum Step {
    /// A folder; all until its end lies in it. Only the root has no name.
    Enter(Option<EntryName>, Box<Found>),
    /// An entry that is not entered.
    Entry(EntryName, Box<Found>),
    /// An entry that is no folder and that a rule leaves out.
    LeftOut(Rule, Box<Inode>),
    /// The end of the folder that was entered last.
    Leave,
}

/// Steps in their order, or why there are no more.
pub(super) type Batch = Result<Vec<Step>>;

/// Begins to read. The thread ends when the batches are dropped.
pub(super) fn start<'scope, R: BlockReader>(
    scope: &'scope Scope<'scope, '_>,
    fs: &'scope Ext4<R>,
    selection: &'scope Selection,
    rules: Rules,
    paths: &'scope Paths,
) -> Receiver<Batch> {
    let (output, batches) = mpsc::sync_channel(BATCHES);
    let mut reading = Reading {
        fs,
        selection,
        rules,
        paths,
        steps: Vec::new(),
        extra_bytes: 0,
        output,
    };
    scope.spawn(move || {
        if let Err(error) = reading.all() {
            // The other end hangs up when it wants no more.
            let _sent = reading.output.send(Err(error));
        }
    });
    batches
}

struct Reading<'a, R> {
    fs: &'a Ext4<R>,
    selection: &'a Selection,
    rules: Rules,
    paths: &'a Paths,
    steps: Vec<Step>,
    extra_bytes: usize,
    output: SyncSender<Batch>,
}

type Folder = (InodeNumber, Listing);

impl<R: BlockReader> Reading<'_, R> {
    fn all(&mut self) -> Result<()> {
        let root = self.fs.root()?;
        let mut folders = vec![self.enter(None, root)?];
        while let Some((folder, listing)) = folders.last_mut() {
            let Some((name, number)) = listing.next() else {
                folders.pop();
                self.step(Step::Leave, 0)?;
                continue;
            };
            let folder = *folder;
            folders.extend(self.entry(folder, name, number)?);
        }
        self.send()
    }

    fn enter(&mut self, name: Option<EntryName>, folder: Inode) -> Result<Folder> {
        let number = folder.number;
        let listing = Listing::read(self.fs, &folder, self.selection)?;
        let found = Found::read(self.fs, folder)?;
        let extra_bytes = found.extra_bytes();
        self.step(Step::Enter(name, Box::new(found)), extra_bytes)?;
        Ok((number, listing))
    }

    /// Reads an entry; returns it when it is a folder to go into.
    fn entry(
        &mut self,
        folder: InodeNumber,
        name: EntryName,
        number: InodeNumber,
    ) -> Result<Option<Folder>> {
        let inode = self.fs.inode(number)?;
        let is_folder = inode.file_type == FileType::Directory;
        let position = self.selection.positions.get(&folder);
        let by_path = position.and_then(|at| self.paths.rule(*at, name.bytes(), is_folder));
        if by_path.is_some() {
            return Ok(None);
        }
        let at_root = folder == InodeNumber::ROOT;
        if let Some(rule) = left_out_by(self.rules, at_root, name.bytes(), &inode) {
            if !is_folder {
                self.step(Step::LeftOut(rule, Box::new(inode)), 0)?;
            }
            return Ok(None);
        }
        if is_folder && !self.selection.folders.contains(number.get()) {
            return Err(Error::VolumeContradicts(
                "a folder that its entry calls a file",
            ));
        }
        if is_folder && !self.selection.unchanged.contains_key(&number) {
            return self.enter(Some(name), inode).map(Some);
        }
        let found = Found::read(self.fs, inode)?;
        let extra_bytes = found.extra_bytes();
        self.step(Step::Entry(name, Box::new(found)), extra_bytes)?;
        Ok(None)
    }

    fn step(&mut self, step: Step, extra_bytes: usize) -> Result<()> {
        self.steps.push(step);
        self.extra_bytes = self.extra_bytes.saturating_add(extra_bytes);
        if self.steps.len() >= STEPS || self.extra_bytes >= EXTRA_BYTES {
            self.send()
        } else {
            Ok(())
        }
    }

    fn send(&mut self) -> Result<()> {
        self.extra_bytes = 0;
        let batch = std::mem::take(&mut self.steps);
        self.output
            .send(Ok(batch))
            .map_err(|_| Error::thread_gone())
    }
}
