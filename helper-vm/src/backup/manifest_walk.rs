//! The second walk over the names: writes the manifest, folders after what is in them.

mod listing;
mod record;

use super::contents;
use super::piece::Pieces;
use super::reading_list::Judge;
use super::selection::{Selection, left_out_by};
use super::store::Store;
use crate::error::{Error, Result};
use crate::index::Folder;
use crate::manifest::{Content, Entry, EntryName, Meta, Node, Part};
use listing::Listing;
use qib_ext4::{BlockReader, DeviceNumber, Ext4, FileType, Inode, InodeNumber};
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::key::CutKey;
use record::Record;

/// The root of a written manifest.
pub struct Root {
    /// Metadata of the root folder.
    pub meta: Meta,
    /// Its pieces.
    pub pieces: Vec<Part>,
}

/// A folder that is being written.
struct Open {
    folder: Inode,
    /// The name under which it lies in the folder above; none for the root.
    name: Option<EntryName>,
    listing: Listing,
    pieces: Pieces,
    record: Record,
}

/// A walk that writes a manifest.
pub struct ManifestWalk<'a, R> {
    /// The volume.
    pub fs: &'a Ext4<R>,
    /// What is wanted.
    pub selection: &'a Selection,
    /// How files are judged.
    pub judge: &'a Judge,
    /// Decides where pieces end.
    pub key: &'a CutKey,
    /// Takes the pieces.
    pub store: &'a mut Store,
    /// What was left out, added to.
    pub left_out: &'a mut LeftOuts,
}

impl<R: BlockReader> ManifestWalk<'_, R> {
    /// Writes the manifest.
    ///
    /// # Errors
    /// When the volume can not be read, or a piece not be stored.
    pub fn write(mut self, mut each_entry: impl FnMut(&Store)) -> Result<Root> {
        let root = self.fs.root()?;
        if let Some(pieces) = self.unchanged(root.number)? {
            let meta = self.meta(&root)?;
            return Ok(Root { meta, pieces });
        }
        let mut above: Vec<Open> = Vec::new();
        let mut open = self.open(root, None)?;
        loop {
            each_entry(self.store);
            if let Some((name, number)) = open.listing.next() {
                if let Some(inner) = self.entry(&mut open, name, number)? {
                    above.push(std::mem::replace(&mut open, inner));
                }
                continue;
            }
            let meta = self.meta(&open.folder)?;
            let pieces = open.pieces.finish(self.store)?;
            let outer = above
                .last()
                .map_or(open.folder.number, |outer| outer.folder.number);
            self.left_out.merge(open.record.left_out());
            let recorded =
                open.record
                    .finish(self.store, self.judge, &open.folder, outer, &pieces)?;
            let (Some(name), Some(outer)) = (open.name, above.pop()) else {
                return Ok(Root { meta, pieces });
            };
            open = outer;
            open.record.below(recorded);
            let node = Node::Directory(pieces);
            self.add(&mut open, name, meta, node, None)?;
        }
    }

    /// The pieces of a folder that is taken as an earlier run saw it.
    fn unchanged(&self, folder: InodeNumber) -> Result<Option<Vec<Part>>> {
        let Some(row) = self.selection.unchanged.get(&folder) else {
            return Ok(None);
        };
        let known = &self.store.known;
        let unknown = Error::Job("a folder that no index holds");
        let folder = Folder::of_words(known.folders.words(*row)).ok_or(unknown)?;
        let mut parts = Vec::with_capacity(folder.pieces.len());
        for piece in folder.pieces {
            let unknown = Error::Job("a piece that no index holds");
            let id = known.chunks.id(piece).ok_or(unknown)?;
            parts.push(Part::Chunk(id, known.chunks.length(piece)));
        }
        Ok(Some(parts))
    }

    fn open(&self, folder: Inode, name: Option<EntryName>) -> Result<Open> {
        let left_out = self.selection.left_out_of.get(&folder.number);
        let stand = self.selection.stands.get(&folder.number);
        Ok(Open {
            listing: Listing::read(self.fs, &folder, self.selection)?,
            record: Record::new(
                stand.copied(),
                left_out.copied().unwrap_or_default(),
                self.judge.racy.is_racy(&folder),
            ),
            folder,
            name,
            pieces: Pieces::default(),
        })
    }

    /// Adds an entry; a folder that changed must be walked first.
    fn entry(
        &mut self,
        open: &mut Open,
        name: EntryName,
        number: InodeNumber,
    ) -> Result<Option<Open>> {
        let inode = self.fs.inode(number)?;
        if inode.file_type == FileType::Directory {
            return self.folder(open, name, inode);
        }
        let at_root = open.folder.number == InodeNumber::ROOT;
        if let Some(rule) = left_out_by(self.judge.rules, at_root, name.bytes(), &inode) {
            let is_file = inode.file_type == FileType::Regular;
            open.record
                .leave_out(rule, if is_file { inode.size } else { 0 });
            open.record
                .entry(self.store, self.judge, &open.folder, &inode)?;
            return Ok(None);
        }
        let is_file = inode.file_type == FileType::Regular;
        let count = Counts {
            files: u64::from(is_file),
            others: u64::from(!is_file),
            file_bytes: if is_file { inode.size } else { 0 },
            ..Counts::default()
        };
        open.record.count(self.store, &count);
        let row = open
            .record
            .entry(self.store, self.judge, &open.folder, &inode)?;
        let meta = self.meta(&inode)?;
        let node = self.node(&inode, row)?;
        let link_group = (inode.links > 1).then(|| number.get());
        self.add(open, name, meta, node, link_group).map(|()| None)
    }

    fn folder(&mut self, open: &mut Open, name: EntryName, inode: Inode) -> Result<Option<Open>> {
        let at_root = open.folder.number == InodeNumber::ROOT;
        if left_out_by(self.judge.rules, at_root, name.bytes(), &inode).is_some() {
            return Ok(None);
        }
        if !self.selection.folders.contains(inode.number.get()) {
            return Err(Error::VolumeContradicts(
                "a folder that its entry calls a file",
            ));
        }
        let count = Counts {
            folders: 1,
            ..Counts::default()
        };
        open.record.count(self.store, &count);
        let Some(pieces) = self.unchanged(inode.number)? else {
            return self.open(inode, Some(name)).map(Some);
        };
        let meta = self.meta(&inode)?;
        self.add(open, name, meta, Node::Directory(pieces), None)
            .map(|()| None)
    }

    fn add(
        &mut self,
        open: &mut Open,
        name: EntryName,
        meta: Meta,
        node: Node,
        link_group: Option<u32>,
    ) -> Result<()> {
        let entry = Entry {
            name,
            meta,
            node,
            link_group,
        };
        open.pieces.add(self.store, self.key, &entry)
    }

    fn node(&mut self, inode: &Inode, row: u32) -> Result<Node> {
        let device = inode.device.unwrap_or(DeviceNumber { major: 0, minor: 0 });
        Ok(match inode.file_type {
            FileType::Regular => {
                let words = self.store.known.files.words(row).to_vec();
                let parts = contents::of_words(self.store, &words)?;
                Node::File(Content { parts })
            }
            FileType::Symlink => Node::Symlink(self.fs.symlink_target(inode)?),
            FileType::CharDevice => Node::CharDevice(device.major, device.minor),
            FileType::BlockDevice => Node::BlockDevice(device.major, device.minor),
            FileType::Fifo => Node::Fifo,
            FileType::Directory | FileType::Socket => {
                return Err(Error::VolumeContradicts(
                    "an entry of another type than before",
                ));
            }
        })
    }

    fn meta(&self, inode: &Inode) -> Result<Meta> {
        let xattrs = self.fs.xattrs(inode)?;
        Ok(Meta {
            mode: inode.permissions.into(),
            uid: inode.uid,
            gid: inode.gid,
            seconds: inode.mtime.seconds,
            nanoseconds: inode.mtime.nanoseconds,
            xattrs: xattrs
                .into_iter()
                .map(|xattr| (xattr.name, xattr.value))
                .collect(),
        })
    }
}
