//! Folders read side by side: on a cold disk each is a wait of its own.

use crate::error::{Error, Result};
use qib_ext4::{BlockReader, Ext4, FileType, Inode, InodeNumber};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Folders that are read at once, at most.
pub const AT_ONCE: usize = 64;

/// Threads that read.
const READERS: usize = 8;

/// A longer folder is read when its turn comes, alone: so those that are read at once
/// take 16 MiB at most, if all their names are of the shortest.
const MAX_BYTES: u64 = 64 << 10;

/// A folder and what it holds.
pub struct OpenFolder {
    /// Its inode.
    pub inode: Inode,
    entries: Option<Entries>,
}

/// Entries by inode: their inodes then lie side by side.
#[derive(Default)]
pub struct Entries {
    found: Vec<Found>,
    names: Vec<u8>,
}

/// An entry whose name lies in the names.
pub struct Found {
    name: std::ops::Range<usize>,
    /// Where it leads to.
    pub inode: InodeNumber,
    /// What it says of the type.
    pub hint: Option<FileType>,
}

/// Reads folders, at most [`AT_ONCE`] of them, in their order.
///
/// # Errors
/// When a thread of the helper is gone; each folder has its own error.
pub fn read<R: BlockReader>(
    fs: &Ext4<R>,
    numbers: &[InodeNumber],
) -> Result<Vec<Result<OpenFolder>>> {
    let next = AtomicUsize::new(0);
    let read_some = || {
        let mut read = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(number) = numbers.get(place) else {
                return read;
            };
            read.push((place, OpenFolder::read(fs, *number)));
        }
    };
    if let [_] = numbers {
        return Ok(read_some().into_iter().map(|(_, folder)| folder).collect());
    }
    let parts: Option<Vec<_>> = thread::scope(|scope| {
        let start = |_| scope.spawn(read_some);
        let running: Vec<_> = (0..READERS.min(numbers.len())).map(start).collect();
        let ended = running.into_iter().map(|reader| reader.join().ok());
        ended.collect()
    });
    let mut folders: Vec<_> = parts
        .ok_or_else(Error::thread_gone)?
        .into_iter()
        .flatten()
        .collect();
    folders.sort_unstable_by_key(|(place, _)| *place);
    Ok(folders.into_iter().map(|(_, folder)| folder).collect())
}

impl OpenFolder {
    fn read<R: BlockReader>(fs: &Ext4<R>, number: InodeNumber) -> Result<Self> {
        let inode = fs.inode(number)?;
        let short = inode.size <= MAX_BYTES;
        let entries = short.then(|| Entries::read(fs, &inode)).transpose()?;
        Ok(Self { inode, entries })
    }

    /// What it holds; read now if it is long.
    ///
    /// # Errors
    /// When it can not be read.
    pub fn entries<R: BlockReader>(&mut self, fs: &Ext4<R>) -> Result<Entries> {
        match self.entries.take() {
            Some(entries) => Ok(entries),
            None => Entries::read(fs, &self.inode),
        }
    }
}

impl Entries {
    fn read<R: BlockReader>(fs: &Ext4<R>, folder: &Inode) -> Result<Self> {
        let mut entries = Self::default();
        fs.read_dir(folder, |entry| {
            let start = entries.names.len();
            entries.names.extend_from_slice(entry.name);
            entries.found.push(Found {
                name: start..entries.names.len(),
                inode: entry.inode,
                hint: entry.hint,
            });
        })?;
        entries.found.sort_unstable_by_key(|found| found.inode);
        Ok(entries)
    }

    /// The entries with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&Found, &[u8])> {
        let name_of = |found: &Found| self.names.get(found.name.clone()).unwrap_or_default();
        self.found.iter().map(move |found| (found, name_of(found)))
    }
}
