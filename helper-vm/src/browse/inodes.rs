//! The inodes that the kernel knows of. Each is remembered until the kernel forgets it: some
//! 400 bytes for each name that somebody looked at.

use super::ask::Ino;
use crate::manifest::{Entry, EntryName};
use std::collections::HashMap;
use std::rc::Rc;

/// The folder of all snapshots.
pub const TOP: Ino = 1;

/// What a search found.
const FOUND: Ino = 2;

/// What an inode is.
#[derive(Clone)]
pub enum Inode {
    /// The folder of all snapshots.
    Top,
    /// The text of what a search found.
    Found,
    /// The folder of one, by its place among them.
    Snapshot(usize),
    /// Something in that one.
    Entry(usize, Rc<Entry>),
}

/// By what an inode is found again: the same for all names of one file.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Snapshot(usize),
    Name(Ino, EntryName),
    LinkGroup(usize, u32),
}

struct Known {
    inode: Inode,
    key: Key,
    /// How often the kernel was told of it.
    times: u64,
}

/// The table of inodes.
#[derive(Default)]
pub struct Inodes {
    known: HashMap<Ino, Known>,
    numbers: HashMap<Key, Ino>,
    last: Ino,
}

impl Inodes {
    /// What a number means.
    pub fn get(&self, ino: Ino) -> Option<Inode> {
        match ino {
            TOP => Some(Inode::Top),
            FOUND => Some(Inode::Found),
            _ => self.known.get(&ino).map(|known| known.inode.clone()),
        }
    }

    /// The number of what a search found: always the same.
    pub const fn tell_found() -> Ino {
        FOUND
    }

    /// The number of a snapshot's folder, of which the kernel is now told.
    pub fn tell_snapshot(&mut self, place: usize) -> Ino {
        self.tell(Key::Snapshot(place), Inode::Snapshot(place))
    }

    /// The number of an entry of a folder, of which the kernel is now told.
    pub fn tell_entry(&mut self, folder: Ino, snapshot: usize, entry: &Rc<Entry>) -> Ino {
        let key = match entry.link_group {
            Some(group) => Key::LinkGroup(snapshot, group),
            None => Key::Name(folder, entry.name.clone()),
        };
        self.tell(key, Inode::Entry(snapshot, Rc::clone(entry)))
    }

    fn tell(&mut self, key: Key, inode: Inode) -> Ino {
        let ino = self.numbers.get(&key).copied().unwrap_or_else(|| {
            self.last = self.last.max(FOUND).saturating_add(1);
            self.last
        });
        self.numbers.insert(key.clone(), ino);
        let times = 0;
        let known = self.known.entry(ino);
        let known = known.or_insert(Known { inode, key, times });
        known.times = known.times.saturating_add(1);
        ino
    }

    /// The kernel forgets what it was told so many times.
    pub fn forget(&mut self, ino: Ino, times: u64) {
        let Some(known) = self.known.get_mut(&ino) else {
            return;
        };
        known.times = known.times.saturating_sub(times);
        if known.times == 0
            && let Some(gone) = self.known.remove(&ino)
        {
            self.numbers.remove(&gone.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Meta, Node};

    fn entry(name: &[u8], link_group: Option<u32>) -> Rc<Entry> {
        Rc::new(Entry {
            name: EntryName::new(name).unwrap(),
            meta: Meta::default(),
            node: Node::Fifo,
            link_group,
        })
    }

    #[test]
    fn a_number_stays_until_it_is_forgotten_as_often_as_it_was_told() {
        let mut inodes = Inodes::default();
        let first = inodes.tell_entry(TOP, 0, &entry(b"a", None));
        assert_eq!(inodes.tell_entry(TOP, 0, &entry(b"a", None)), first);
        assert_ne!(inodes.tell_entry(first, 0, &entry(b"a", None)), first);
        inodes.forget(first, 1);
        assert!(inodes.get(first).is_some());
        inodes.forget(first, 1);
        assert!(inodes.get(first).is_none());
        assert_ne!(inodes.tell_entry(TOP, 0, &entry(b"a", None)), first);
        assert_eq!(inodes.known.len(), inodes.numbers.len());
    }

    #[test]
    fn the_names_of_one_file_are_one_inode_in_each_snapshot() {
        let mut inodes = Inodes::default();
        let one = inodes.tell_entry(TOP, 0, &entry(b"a", Some(1)));
        assert_eq!(inodes.tell_entry(9, 0, &entry(b"b", Some(1))), one);
        assert_ne!(inodes.tell_entry(TOP, 1, &entry(b"a", Some(1))), one);
    }
}
