//! The content of the disk, as POSIX promises it and no better: bytes survive when their file was
//! synced, a name when the folder that holds it was.
//!
//! A sync that fails leaves everything clean in the eyes of the system, and nothing on the disk: the
//! next sync succeeds without writing, until something is changed again.

use crate::bench::noise;
use fuser::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

/// The number of a file or folder.
pub type Ino = u64;

/// The folder that has no name.
pub const ROOT: Ino = 1;

pub type Answer<T = ()> = Result<T, Errno>;

type Names = BTreeMap<OsString, Ino>;

/// What is seen, and what is on the disk.
#[derive(Clone, Debug, Default)]
struct Twice<T> {
    seen: T,
    durable: T,
    is_dirty: bool,
}

impl<T: Clone> Twice<T> {
    fn change(&mut self) -> &mut T {
        self.is_dirty = true;
        &mut self.seen
    }

    fn sync(&mut self, works: bool) {
        if works && self.is_dirty {
            self.durable = self.seen.clone();
        }
        self.is_dirty = false;
    }

    fn becomes(&mut self, content: T) {
        self.seen = content.clone();
        self.durable = content;
        self.is_dirty = false;
    }
}

#[derive(Debug)]
enum Node {
    File(Twice<Vec<u8>>),
    Folder(Twice<Names>),
}

/// All files and folders, those without a name too.
#[derive(Debug)]
pub struct Disk {
    nodes: BTreeMap<Ino, Node>,
    last: Ino,
    /// The name that was given or taken last, and the folder.
    touched: (Ino, OsString),
}

/// What comes to the disk by itself of what was not synced, when the power fails.
#[derive(Clone, Copy, Debug)]
pub enum Left {
    Nothing,
    /// The name that was given or taken last, and none of those before it.
    Last,
    /// What this chance says, and of a file maybe half.
    Some(u64),
}

/// What the kernel asks of a file or folder.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    pub ino: Ino,
    pub is_folder: bool,
    pub bytes: u64,
    pub links: u32,
}

impl Disk {
    pub fn new() -> Self {
        let root = Node::Folder(Twice::default());
        Self {
            nodes: BTreeMap::from([(ROOT, root)]),
            last: ROOT,
            touched: (ROOT, OsString::new()),
        }
    }

    pub fn find(&self, folder: Ino, name: &OsStr) -> Answer<Ino> {
        self.names(folder)?.get(name).copied().ok_or(Errno::ENOENT)
    }

    pub fn names(&self, folder: Ino) -> Answer<&Names> {
        match self.nodes.get(&folder) {
            Some(Node::Folder(names)) => Ok(&names.seen),
            Some(Node::File(_)) => Err(Errno::ENOTDIR),
            None => Err(Errno::ESTALE),
        }
    }

    pub fn status(&self, ino: Ino) -> Answer<Status> {
        let (is_folder, bytes) = match self.nodes.get(&ino) {
            Some(Node::File(bytes)) => (false, bytes.seen.len()),
            Some(Node::Folder(_)) => (true, 0),
            None => return Err(Errno::ESTALE),
        };
        let folders = self.nodes.values().filter_map(|node| match node {
            Node::Folder(names) => Some(&names.seen),
            Node::File(_) => None,
        });
        let links = folders.flat_map(|names| names.values().filter(|named| **named == ino));
        Ok(Status {
            ino,
            is_folder,
            bytes: bytes as u64,
            links: links.count() as u32,
        })
    }

    pub fn create(&mut self, folder: Ino, name: &OsStr, is_folder: bool) -> Answer<Ino> {
        let ino = self.last + 1;
        self.link(ino, folder, name)?;
        let node = if is_folder {
            Node::Folder(Twice::default())
        } else {
            Node::File(Twice::default())
        };
        self.nodes.insert(ino, node);
        self.last = ino;
        Ok(ino)
    }

    pub fn link(&mut self, ino: Ino, folder: Ino, name: &OsStr) -> Answer {
        if self.find(folder, name).is_ok() {
            return Err(Errno::EEXIST);
        }
        self.change(folder, name)?.insert(name.to_owned(), ino);
        Ok(())
    }

    pub fn unlink(&mut self, folder: Ino, name: &OsStr) -> Answer {
        let ino = self.find(folder, name)?;
        match self.names(ino) {
            Ok(names) if !names.is_empty() => return Err(Errno::ENOTEMPTY),
            _ => self.change(folder, name)?.remove(name),
        };
        Ok(())
    }

    /// Two names of one file both stay, as POSIX has it.
    pub fn rename(&mut self, from: (Ino, &OsStr), to: (Ino, &OsStr), replaces: bool) -> Answer {
        let ino = self.find(from.0, from.1)?;
        match self.find(to.0, to.1) {
            Ok(_) if !replaces => return Err(Errno::EEXIST),
            Ok(there) if there == ino => return Ok(()),
            _ => {}
        }
        self.change(to.0, to.1)?.insert(to.1.to_owned(), ino);
        self.change(from.0, from.1)?.remove(from.1);
        Ok(())
    }

    pub fn read(&self, file: Ino, offset: u64, bytes: usize) -> Answer<&[u8]> {
        let Some(Node::File(content)) = self.nodes.get(&file) else {
            return Err(Errno::ESTALE);
        };
        let content = &content.seen;
        let start = content.len().min(offset as usize);
        Ok(&content[start..content.len().min(start + bytes)])
    }

    pub fn write(&mut self, file: Ino, offset: u64, bytes: &[u8]) -> Answer {
        let (start, end) = (offset as usize, offset as usize + bytes.len());
        let content = self.content(file)?;
        content.resize(content.len().max(end), 0);
        content[start..end].copy_from_slice(bytes);
        Ok(())
    }

    pub fn cut(&mut self, file: Ino, bytes: u64) -> Answer {
        self.content(file)?.resize(bytes as usize, 0);
        Ok(())
    }

    /// A sync of a file or a folder, that works or not.
    pub fn sync(&mut self, ino: Ino, works: bool) -> Answer {
        match self.nodes.get_mut(&ino).ok_or(Errno::ESTALE)? {
            Node::File(bytes) => bytes.sync(works),
            Node::Folder(names) => names.sync(works),
        }
        Ok(())
    }

    /// What was not synced is gone, but for what is left.
    pub fn lose_power(&mut self, how: Left) {
        let coins = match how {
            Left::Some(chance) => noise(chance, 4096),
            Left::Nothing | Left::Last => Vec::new(),
        };
        let mut coins = coins.iter().skip(64);
        let mut kept = || coins.next().is_some_and(|coin| coin.is_multiple_of(2));
        for (ino, node) in &mut self.nodes {
            match node {
                Node::File(bytes) => {
                    let mut left = bytes.durable.clone();
                    if bytes.seen != left && kept() {
                        left = bytes.seen.clone();
                        left.truncate(if kept() { left.len() } else { left.len() / 2 });
                    }
                    bytes.becomes(left);
                }
                Node::Folder(names) => {
                    let mut left = names.durable.clone();
                    let touched: BTreeSet<_> = names.seen.keys().chain(left.keys()).collect();
                    let touched: Vec<OsString> = touched.into_iter().cloned().collect();
                    for name in touched {
                        let seen = names.seen.get(&name).copied();
                        let is_last =
                            matches!(how, Left::Last) && self.touched == (*ino, name.clone());
                        if seen == left.get(&name).copied() || !(kept() || is_last) {
                            continue;
                        }
                        match seen {
                            Some(ino) => left.insert(name, ino),
                            None => left.remove(&name),
                        };
                    }
                    names.becomes(left);
                }
            }
        }
        self.remove_what_has_no_name();
    }

    fn remove_what_has_no_name(&mut self) {
        let (mut named, mut left) = (BTreeSet::from([ROOT]), vec![ROOT]);
        while let Some(ino) = left.pop() {
            let inner = self.names(ino).into_iter().flat_map(|names| names.values());
            left.extend(inner.copied().filter(|ino| named.insert(*ino)));
        }
        self.nodes.retain(|ino, _| named.contains(ino));
    }

    fn change(&mut self, folder: Ino, name: &OsStr) -> Answer<&mut Names> {
        self.touched = (folder, name.to_owned());
        match self.nodes.get_mut(&folder) {
            Some(Node::Folder(names)) => Ok(names.change()),
            Some(Node::File(_)) => Err(Errno::ENOTDIR),
            None => Err(Errno::ESTALE),
        }
    }

    fn content(&mut self, file: Ino) -> Answer<&mut Vec<u8>> {
        match self.nodes.get_mut(&file) {
            Some(Node::File(bytes)) => Ok(bytes.change()),
            Some(Node::Folder(_)) => Err(Errno::EISDIR),
            None => Err(Errno::ESTALE),
        }
    }
}
