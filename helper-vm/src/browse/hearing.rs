//! What a search hears of a snapshot, walked beside the one before it.

use super::file::length;
use super::found::Kind;
use super::search::Search;
use crate::manifest::{Entry, EntryName, Node};
use crate::restore::{Hears, Manifest, Step, Stopped};

/// A search that hears of a snapshot, whose manifest this is.
pub struct Hearing<'a, 'm> {
    /// The search.
    pub search: &'a mut Search,
    /// The manifest.
    pub manifest: &'m dyn Manifest,
    /// No file of it is longer, in bytes.
    pub most_bytes: u64,
}

impl Hearing<'_, '_> {
    fn begins(&mut self, entry: &Entry) -> Result<(), Stopped> {
        let kind = match &entry.node {
            Node::File(content) => Kind::File(length(self.manifest, content, self.most_bytes)?),
            Node::Directory(_) => Kind::Folder,
            Node::Symlink(_) => Kind::Link,
            Node::CharDevice(..) | Node::BlockDevice(..) | Node::Fifo => Kind::Other,
        };
        self.search.begins(&entry.name, kind, entry.meta.seconds);
        Ok(())
    }
}

impl Hears for Hearing<'_, '_> {
    fn enter(&mut self, name: &EntryName) {
        self.search.enter(name);
    }

    fn leave(&mut self) {
        self.search.leave();
    }

    fn removed(&mut self, step: &Step) -> Result<(), Stopped> {
        match step {
            Step::Enter(_, name) => {
                self.search.ends(name);
                self.search.enter(name);
            }
            Step::Entry(_, entry) => self.search.ends(&entry.name),
            Step::Leave(..) => self.search.leave(),
        }
        Ok(())
    }

    fn added(&mut self, step: &Step) -> Result<(), Stopped> {
        match step {
            Step::Enter(_, name) => {
                if self.search.judge(name, true).1 {
                    self.search.begins(name, Kind::Folder, 0);
                }
                self.search.enter(name);
            }
            Step::Entry(_, entry) => {
                if self.search.judge(&entry.name, false).1 {
                    self.begins(entry)?;
                }
            }
            Step::Leave(..) => self.search.leave(),
        }
        Ok(())
    }

    fn both(&mut self, older: &Entry, newer: &Entry) -> Result<(), Stopped> {
        let time = |entry: &Entry| (entry.meta.seconds, entry.meta.nanoseconds);
        let is_same = older.node == newer.node && time(older) == time(newer);
        if !is_same && self.search.judge(&newer.name, false).1 {
            self.search.ends(&newer.name);
            self.begins(newer)?;
        }
        Ok(())
    }
}
