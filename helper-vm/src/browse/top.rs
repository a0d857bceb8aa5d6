//! The folder in which all snapshots are, and beside them what a search found.

use super::attributes;
use super::inodes::{Inode, TOP};
use crate::number::{narrow, wide};
use fuser::{FileAttr, FileType};
use qib_rpc::message::browse::BrowseSnapshot;
use qib_rpc::service::FOUND_FILE;

/// The top folder.
pub struct Top<'a> {
    snapshots: &'a [BrowseSnapshot],
    /// What a search found, as a text; none where nothing was searched for.
    found: Option<String>,
}

impl<'a> Top<'a> {
    /// Of snapshots in the order of their folders' names.
    pub const fn new(snapshots: &'a [BrowseSnapshot], found: Option<String>) -> Self {
        Self { snapshots, found }
    }

    /// What has this name.
    pub fn find(&self, name: &[u8]) -> Option<Inode> {
        if name == FOUND_FILE.as_bytes() {
            return self.found.is_some().then_some(Inode::Found);
        }
        let folder = |one: &BrowseSnapshot| one.folder.as_str().as_bytes().cmp(name);
        let place = self.snapshots.binary_search_by(folder).ok()?;
        Some(Inode::Snapshot(place))
    }

    /// All names, each with what it is.
    pub fn names(&self) -> impl Iterator<Item = (FileType, &str)> {
        let folder = |one: &'a BrowseSnapshot| (FileType::Directory, one.folder.as_str());
        let found = self.found.iter();
        let found = found.map(|_| (FileType::RegularFile, FOUND_FILE));
        self.snapshots.iter().map(folder).chain(found)
    }

    /// So many bytes of what was found, from there on, or as many as there are.
    pub fn read(&self, at: u64, bytes: u32) -> &[u8] {
        let text = self.text().get(narrow(at)..).unwrap_or_default();
        text.get(..narrow(bytes.into())).unwrap_or(text)
    }

    fn text(&self) -> &[u8] {
        self.found.as_deref().unwrap_or_default().as_bytes()
    }

    /// The attributes of the folder itself.
    pub fn own_attributes(&self) -> FileAttr {
        attributes::of_folder(TOP, self.time())
    }

    /// The attributes of the text, as this inode.
    pub fn text_attributes(&self, ino: u64) -> FileAttr {
        attributes::of_text(ino, self.time(), wide(self.text().len()))
    }

    fn time(&self) -> i64 {
        self.snapshots.last().map_or(0, |newest| newest.time)
    }
}
