//! What an entry is, and the content of a file: known from an earlier run, or read.

use super::Walk;
use crate::backup::contents;
use crate::backup::mounted::failed;
use crate::backup::mounted::folders::open;
use crate::backup::mounted::identity::Place;
use crate::backup::mounted::look::Look;
use crate::backup::store::Store;
use crate::error::{Error, Result};
use crate::index::Parent;
use crate::manifest::{Content, EntryName, Node};
use qib_ext4::FileType;
use rustix::fs::{OFlags, readlinkat};
use std::io::Write;

impl<W: Write + Send + 'static> Walk<'_, W> {
    /// What an entry is, and the link group of one with more names.
    pub(super) fn node(
        &mut self,
        place: Place,
        name: &EntryName,
        look: &Look,
    ) -> Result<(Node, Option<u32>)> {
        let linked = (look.links > 1).then(|| self.links.met(look.id)).flatten();
        let (major, minor) = look.numbers;
        let (node, row) = match look.file_type {
            FileType::Regular => {
                let row = match linked {
                    Some(linked) => linked.row,
                    None => self.file(place, name, look)?,
                };
                (Node::File(self.content(row)?), row)
            }
            FileType::Symlink => (Node::Symlink(self.target(name)?), None),
            FileType::CharDevice => (Node::CharDevice(major, minor), None),
            FileType::BlockDevice => (Node::BlockDevice(major, minor), None),
            FileType::Fifo => (Node::Fifo, None),
            FileType::Directory | FileType::Socket => {
                return Err(Error::VolumeContradicts(
                    "an entry of another type than before",
                ));
            }
        };
        let group = match linked {
            Some(linked) => Some(linked.group),
            None if look.links < 2 => None,
            None => Some(self.links.add(look.id, place, &self.judge.identities, row)),
        };
        Ok((node, group))
    }

    fn target(&self, name: &EntryName) -> Result<Vec<u8>> {
        let target = readlinkat(self.folders.here(), name.bytes(), Vec::new());
        let target = target.map_err(failed)?.into_bytes();
        if target.is_empty() {
            return Err(Error::VolumeContradicts("a link to nothing"));
        }
        Ok(target)
    }

    fn content(&mut self, row: Option<u32>) -> Result<Content> {
        let Some(row) = row else {
            return Ok(Content::default());
        };
        let words = self.store.known.files.words(row).to_vec();
        let parts = contents::of_words(self.store, &words)?;
        Ok(Content { parts })
    }

    /// The row of the table of files with a file's content; none for an empty file.
    fn file(&mut self, place: Place, name: &EntryName, look: &Look) -> Result<Option<u32>> {
        if look.size == 0 {
            return Ok(None);
        }
        let key = self.judge.identities.key_of(place, look);
        let files = &self.store.known.files;
        let known = files.row(key.inode);
        let known = known.filter(|row| files.key(*row) == Some(key) && files.is_trusted(*row));
        let trusted = known.filter(|_| !self.judge.again.is_due(key.inode));
        if let Some(row) = trusted {
            self.judge.seen.file(row, look.latest(), false);
            return Ok(Some(row));
        }
        let words = self.read(name, look)?;
        let files = &mut self.store.known.files;
        let same = known.filter(|row| files.words(*row) == words);
        let row = same.or_else(|| files.add(key, Parent::Unknown, &words));
        let row = row.ok_or(Error::VolumeTooLarge("more files than an index can hold"))?;
        self.judge.seen.file(row, look.latest(), true);
        let counts = &mut self.store.counts;
        counts.files_read = counts.files_read.saturating_add(1);
        Ok(Some(row))
    }

    fn read(&mut self, name: &EntryName, look: &Look) -> Result<Vec<u32>> {
        let file = open(self.folders.here(), name, OFlags::empty())?;
        let (session, partials) = (self.session, &mut self.partials);
        let mut each_piece = |store: &mut Store| {
            session.dom0.count(&session.counts(store));
            partials.store_if_due(session, store)
        };
        self.contents
            .read(&file, look.size, self.store, &mut each_piece)
    }
}
