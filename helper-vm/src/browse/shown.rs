//! What is shown, as the kernel asks about it.

use super::ask::{Handle, Ino};
use super::attributes;
use super::errno::{broken, failed};
use super::file::{self, File};
use super::folder::Folder;
use super::inodes::{Inode, Inodes};
use super::kept::Kept;
use super::listing::Listing;
use super::snapshots::{Opened, Snapshots};
use super::top::Top;
use crate::manifest::{Entry, Node, Part};
use crate::number::narrow;
use fuser::{Errno, FileAttr, FileType, INodeNo, ReplyDirectory};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;

/// Pieces of folders that are kept in memory, in bytes as they are stored.
const PIECES_BYTES: u64 = 16 << 20;

/// Data of files that is kept in memory, in bytes.
const DATA_BYTES: u64 = 64 << 20;

/// The number in a listing of what the kernel was not told of.
const NO_INO: INodeNo = INodeNo(0xffff_ffff);

type Answer<T> = Result<T, Errno>;

/// What is open.
enum Open {
    File(usize, File),
    Folder(usize, Listing),
    Top,
    Found,
}

/// Everything that is shown.
pub struct Shown<'a, R, W> {
    top: Top<'a>,
    snapshots: Snapshots<'a, R, W>,
    inodes: Inodes,
    pieces: Kept<[Entry]>,
    data: Kept<[u8]>,
    open: HashMap<Handle, Open>,
    last: Handle,
}

impl<'a, R: Read, W: Write> Shown<'a, R, W> {
    /// Nothing was looked at yet; something may have been searched for.
    pub fn new(snapshots: Snapshots<'a, R, W>, found: Option<String>) -> Self {
        Self {
            top: Top::new(snapshots.all(), found),
            snapshots,
            inodes: Inodes::default(),
            pieces: Kept::new(PIECES_BYTES),
            data: Kept::new(DATA_BYTES),
            open: HashMap::new(),
            last: 0,
        }
    }

    /// What has this name in a folder.
    ///
    /// # Errors
    /// As the kernel is to be told; so with all that follow.
    pub fn look_up(&mut self, folder: Ino, name: &OsStr) -> Answer<FileAttr> {
        let inode = self.inodes.get(folder).ok_or(Errno::ENOENT)?;
        if let Inode::Top = inode {
            let found = self.top.find(name.as_bytes()).ok_or(Errno::ENOENT)?;
            let ino = match found {
                Inode::Snapshot(place) => self.inodes.tell_snapshot(place),
                _ => Inodes::tell_found(),
            };
            return self.attributes(ino);
        }
        let (place, opened, folder_of) = self.folder(&inode)?;
        let found = folder_of.find(&opened, &mut self.pieces, name.as_bytes());
        let entry = found.map_err(broken)?.ok_or(Errno::ENOENT)?;
        let bytes = length(&opened, &entry)?;
        let ino = self.inodes.tell_entry(folder, place, &entry);
        Ok(attributes::of_entry(ino, &entry, bytes))
    }

    /// What is known of an inode.
    ///
    /// # Errors
    /// As [`Self::look_up`].
    pub fn attributes(&mut self, ino: Ino) -> Answer<FileAttr> {
        match self.inodes.get(ino).ok_or(Errno::ENOENT)? {
            Inode::Top => Ok(self.top.own_attributes()),
            Inode::Found => Ok(self.top.text_attributes(ino)),
            Inode::Snapshot(place) => {
                let shown = self.snapshots.all().get(place).ok_or(Errno::ENOENT)?;
                Ok(attributes::of_folder(ino, shown.time))
            }
            Inode::Entry(place, entry) => {
                let opened = self.opened(place)?;
                let bytes = length(&opened, &entry)?;
                Ok(attributes::of_entry(ino, &entry, bytes))
            }
        }
    }

    /// Where a link points.
    ///
    /// # Errors
    /// As [`Self::look_up`].
    pub fn target(&self, ino: Ino) -> Answer<Vec<u8>> {
        match self.inodes.get(ino) {
            Some(Inode::Entry(_, entry)) => match &entry.node {
                Node::Symlink(target) => Ok(target.clone()),
                _ => Err(Errno::EINVAL),
            },
            _ => Err(Errno::EINVAL),
        }
    }

    fn opened(&mut self, place: usize) -> Answer<Rc<Opened<'a, R, W>>> {
        self.snapshots.open(place).map_err(failed)
    }

    /// Of what snapshot a folder is, and its pieces.
    #[expect(clippy::type_complexity, reason = "three things that belong together")]
    fn folder(&mut self, inode: &Inode) -> Answer<(usize, Rc<Opened<'a, R, W>>, Folder)> {
        let place = match inode {
            Inode::Snapshot(place) | Inode::Entry(place, _) => *place,
            Inode::Top | Inode::Found => return Err(Errno::ENOTDIR),
        };
        let opened = self.opened(place)?;
        let parts: &[Part] = match inode {
            Inode::Entry(_, entry) => match &entry.node {
                Node::Directory(parts) => parts,
                _ => return Err(Errno::ENOTDIR),
            },
            _ => &opened.snapshot.pieces,
        };
        let folder = Folder::new(&opened.frames, parts).map_err(broken)?;
        Ok((place, opened, folder))
    }

    /// The kernel told that it needs it no more, so many times.
    pub fn forget(&mut self, ino: Ino, times: u64) {
        self.inodes.forget(ino, times);
    }

    /// Closes a file or folder.
    pub fn close(&mut self, handle: Handle) {
        self.open.remove(&handle);
    }

    fn keep(&mut self, open: Open) -> Handle {
        self.last = self.last.wrapping_add(1);
        self.open.insert(self.last, open);
        self.last
    }

    /// Opens a file.
    ///
    /// # Errors
    /// As [`Self::look_up`].
    pub fn open_file(&mut self, ino: Ino) -> Answer<Handle> {
        let (place, entry) = match self.inodes.get(ino) {
            Some(Inode::Entry(place, entry)) => (place, entry),
            Some(Inode::Found) => return Ok(self.keep(Open::Found)),
            _ => return Err(Errno::ENOENT),
        };
        let Node::File(content) = &entry.node else {
            return Err(Errno::EINVAL);
        };
        let opened = self.opened(place)?;
        let file = File::new(&opened, content).map_err(broken)?;
        Ok(self.keep(Open::File(place, file)))
    }

    /// Bytes of an open file.
    ///
    /// # Errors
    /// As [`Self::look_up`].
    pub fn read(&mut self, handle: Handle, at: u64, bytes: u32) -> Answer<Vec<u8>> {
        let (place, file) = match self.open.get(&handle) {
            Some(Open::File(place, file)) => (place, file),
            Some(Open::Found) => return Ok(self.top.read(at, bytes).to_vec()),
            _ => return Err(Errno::EBADF),
        };
        let opened = self.snapshots.open(*place).map_err(failed)?;
        let read = file.read(&opened, &mut self.data, at, bytes);
        read.map_err(broken)
    }

    /// Opens a folder.
    ///
    /// # Errors
    /// As [`Self::look_up`].
    pub fn open_folder(&mut self, ino: Ino) -> Answer<Handle> {
        let inode = self.inodes.get(ino).ok_or(Errno::ENOENT)?;
        if let Inode::Top = inode {
            return Ok(self.keep(Open::Top));
        }
        let (place, _, folder) = self.folder(&inode)?;
        Ok(self.keep(Open::Folder(place, Listing::new(folder))))
    }

    /// Entries of an open folder; numbers 0 and 1 are the folder itself and the one above it.
    ///
    /// # Errors
    /// As [`Self::look_up`].
    pub fn list(&mut self, handle: Handle, from: u64, reply: &mut ReplyDirectory) -> Answer<()> {
        let mut add = |number: u64, kind, name: &[u8]| {
            let name = OsStr::from_bytes(name);
            reply.add(NO_INO, number.saturating_add(1), kind, name)
        };
        for (number, name) in [(0, b".".as_slice()), (1, b"..")] {
            if number >= from && add(number, FileType::Directory, name) {
                return Ok(());
            }
        }
        let first = from.saturating_sub(2);
        match self.open.get_mut(&handle).ok_or(Errno::EBADF)? {
            Open::Top => {
                let names = (2..).zip(self.top.names());
                for (number, (kind, name)) in names.skip(narrow(first)) {
                    if add(number, kind, name.as_bytes()) {
                        break;
                    }
                }
                Ok(())
            }
            Open::Folder(place, listing) => {
                let opened = self.snapshots.open(*place).map_err(failed)?;
                let listed = listing.each(&opened, &mut self.pieces, first, |number, entry| {
                    let (kind, name) = (attributes::kind(entry), entry.name.bytes());
                    add(number.saturating_add(2), kind, name)
                });
                listed.map_err(broken)
            }
            Open::File(..) | Open::Found => Err(Errno::ENOTDIR),
        }
    }

    /// The extended attributes of an inode.
    pub fn xattrs(&self, ino: Ino) -> Vec<(Vec<u8>, Vec<u8>)> {
        match self.inodes.get(ino) {
            Some(Inode::Entry(_, entry)) => entry.meta.xattrs.clone(),
            _ => Vec::new(),
        }
    }
}

/// How long a file is; anything else has no length.
fn length<R: Read, W: Write>(of: &Opened<'_, R, W>, entry: &Entry) -> Answer<u64> {
    match &entry.node {
        Node::File(content) => {
            let most = of.snapshot.counts.file_bytes;
            file::length(&of.frames, content, most).map_err(broken)
        }
        _ => Ok(0),
    }
}
