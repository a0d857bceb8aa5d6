//! The answers to what the kernel asks.

use super::ask::{Ask, Handle, Ino};
use super::attributes;
use super::file::File;
use super::folder::Folder;
use super::inodes::{Inode, Inodes, TOP};
use super::kept::Kept;
use super::listing::Listing;
use super::snapshots::{Opened, Snapshots};
use crate::error::Error;
use crate::manifest::{Entry, Node, Part};
use crate::number::{narrow, wide};
use crate::restore::Stopped;
use fuser::{
    Errno, FileAttr, FileHandle, FileType, FopenFlags, Generation, INodeNo, ReplyDirectory,
    ReplyXattr,
};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;
use std::time::Duration;

/// Nothing here ever changes.
const FOR_EVER: Duration = Duration::from_secs(1 << 20);

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
}

/// Everything that is shown.
pub struct Shown<'a, R, W> {
    snapshots: Snapshots<'a, R, W>,
    inodes: Inodes,
    pieces: Kept<[Entry]>,
    data: Kept<[u8]>,
    open: HashMap<Handle, Open>,
    last: Handle,
}

impl<'a, R: Read, W: Write> Shown<'a, R, W> {
    /// Nothing was looked at yet.
    pub fn new(snapshots: Snapshots<'a, R, W>) -> Self {
        Self {
            snapshots,
            inodes: Inodes::default(),
            pieces: Kept::new(PIECES_BYTES),
            data: Kept::new(DATA_BYTES),
            open: HashMap::new(),
            last: 0,
        }
    }

    /// Answers a question.
    pub fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Lookup(folder, name, reply) => match self.look_up(folder, &name) {
                Ok(attr) => reply.entry(&FOR_EVER, &attr, Generation(0)),
                Err(errno) => reply.error(errno),
            },
            Ask::Forget(ino, times) => self.inodes.forget(ino, times),
            Ask::Attributes(ino, reply) => match self.attributes(ino) {
                Ok(attr) => reply.attr(&FOR_EVER, &attr),
                Err(errno) => reply.error(errno),
            },
            Ask::Target(ino, reply) => match self.target(ino) {
                Ok(target) => reply.data(&target),
                Err(errno) => reply.error(errno),
            },
            Ask::OpenFile(ino, reply) => match self.open_file(ino) {
                Ok(handle) => reply.opened(FileHandle(handle), FopenFlags::FOPEN_KEEP_CACHE),
                Err(errno) => reply.error(errno),
            },
            Ask::Read(handle, at, bytes, reply) => match self.read(handle, at, bytes) {
                Ok(read) => reply.data(&read),
                Err(errno) => reply.error(errno),
            },
            Ask::OpenFolder(ino, reply) => match self.open_folder(ino) {
                Ok(handle) => reply.opened(FileHandle(handle), FopenFlags::empty()),
                Err(errno) => reply.error(errno),
            },
            Ask::List(handle, from, mut reply) => match self.list(handle, from, &mut reply) {
                Ok(()) => reply.ok(),
                Err(errno) => reply.error(errno),
            },
            Ask::Close(handle, reply) => {
                self.open.remove(&handle);
                reply.ok();
            }
            Ask::Xattr(ino, name, bytes, reply) => {
                let value = self.xattrs(ino).into_iter();
                let mut value = value.filter(|(other, _)| other == name.as_bytes());
                match value.next() {
                    Some((_, value)) => give(&value, bytes, reply),
                    None => reply.error(Errno::ENODATA),
                }
            }
            Ask::XattrNames(ino, bytes, reply) => {
                let names = self.xattrs(ino).into_iter();
                let names = names.flat_map(|(name, _)| name.into_iter().chain([0]));
                give(&names.collect::<Vec<u8>>(), bytes, reply);
            }
        }
    }

    fn look_up(&mut self, folder: Ino, name: &OsStr) -> Answer<FileAttr> {
        let inode = self.inodes.get(folder).ok_or(Errno::ENOENT)?;
        if let Inode::Top = inode {
            let all = self.snapshots.all();
            let found =
                all.binary_search_by(|one| one.folder.as_str().as_bytes().cmp(name.as_bytes()));
            let place = found.map_err(|_| Errno::ENOENT)?;
            let ino = self.inodes.tell_snapshot(place);
            return self.attributes(ino);
        }
        let (place, opened, folder_of) = self.folder(&inode)?;
        let found = folder_of.find(&opened, &mut self.pieces, name.as_bytes());
        let entry = found.map_err(broken)?.ok_or(Errno::ENOENT)?;
        let bytes = length(&opened, &entry)?;
        let ino = self.inodes.tell_entry(folder, place, &entry);
        Ok(attributes::of_entry(ino, &entry, bytes))
    }

    fn attributes(&mut self, ino: Ino) -> Answer<FileAttr> {
        match self.inodes.get(ino).ok_or(Errno::ENOENT)? {
            Inode::Top => {
                let newest = self.snapshots.all().last();
                Ok(attributes::of_folder(
                    TOP,
                    newest.map_or(0, |newest| newest.time),
                ))
            }
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

    fn target(&self, ino: Ino) -> Answer<Vec<u8>> {
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
            Inode::Top => return Err(Errno::ENOTDIR),
        };
        let opened = self.opened(place)?;
        let parts: &[Part] = match inode {
            Inode::Entry(_, entry) => match &entry.node {
                Node::Directory(parts) => parts,
                _ => return Err(Errno::ENOTDIR),
            },
            _ => &opened.snapshot.pieces,
        };
        let folder = Folder::new(&opened, parts).map_err(broken)?;
        Ok((place, opened, folder))
    }

    fn keep(&mut self, open: Open) -> Handle {
        self.last = self.last.wrapping_add(1);
        self.open.insert(self.last, open);
        self.last
    }

    fn open_file(&mut self, ino: Ino) -> Answer<Handle> {
        let Some(Inode::Entry(place, entry)) = self.inodes.get(ino) else {
            return Err(Errno::ENOENT);
        };
        let Node::File(content) = &entry.node else {
            return Err(Errno::EINVAL);
        };
        let opened = self.opened(place)?;
        let file = File::new(&opened, content).map_err(broken)?;
        Ok(self.keep(Open::File(place, file)))
    }

    fn read(&mut self, handle: Handle, at: u64, bytes: u32) -> Answer<Vec<u8>> {
        let Some(Open::File(place, file)) = self.open.get(&handle) else {
            return Err(Errno::EBADF);
        };
        let opened = self.snapshots.open(*place).map_err(failed)?;
        let read = file.read(&opened, &mut self.data, at, bytes);
        read.map_err(broken)
    }

    fn open_folder(&mut self, ino: Ino) -> Answer<Handle> {
        let inode = self.inodes.get(ino).ok_or(Errno::ENOENT)?;
        if let Inode::Top = inode {
            return Ok(self.keep(Open::Top));
        }
        let (place, _, folder) = self.folder(&inode)?;
        Ok(self.keep(Open::Folder(place, Listing::new(folder))))
    }

    /// Numbers 0 and 1 are the folder itself and the one above it.
    fn list(&mut self, handle: Handle, from: u64, reply: &mut ReplyDirectory) -> Answer<()> {
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
                let all = self.snapshots.all().iter();
                for (number, shown) in (2..).zip(all).skip(narrow(first)) {
                    if add(
                        number,
                        FileType::Directory,
                        shown.folder.as_str().as_bytes(),
                    ) {
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
            Open::File(..) => Err(Errno::ENOTDIR),
        }
    }

    fn xattrs(&self, ino: Ino) -> Vec<(Vec<u8>, Vec<u8>)> {
        match self.inodes.get(ino) {
            Some(Inode::Entry(_, entry)) => entry.meta.xattrs.clone(),
            _ => Vec::new(),
        }
    }
}

/// How long a file is; anything else has no length.
fn length<R: Read, W: Write>(of: &Opened<'_, R, W>, entry: &Entry) -> Answer<u64> {
    match &entry.node {
        Node::File(content) => File::bytes(of, content).map_err(broken),
        _ => Ok(0),
    }
}

/// Answers with so many bytes at most; 0 asks how many there are.
fn give(value: &[u8], bytes: u32, reply: ReplyXattr) {
    let length = wide(value.len());
    match u32::try_from(length) {
        Ok(length) if bytes == 0 => reply.size(length),
        Ok(length) if length <= bytes => reply.data(value),
        _ => reply.error(Errno::ERANGE),
    }
}

/// Whoever looks sees an error of the disk; the reason is in the disposable's own journal.
fn failed(error: Error) -> Errno {
    let _shown = writeln!(std::io::stderr(), "qib-helper: {error}");
    Errno::EIO
}

fn broken(stopped: Stopped) -> Errno {
    match stopped {
        Stopped::Format(error) => {
            let _shown = writeln!(std::io::stderr(), "qib-helper: the manifest: {error}");
            Errno::EIO
        }
        Stopped::Other(error) => failed(error),
    }
}
