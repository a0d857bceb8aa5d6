//! The second walk over all names: writes the manifest, folders after what is in them.

mod listing;

use super::contents;
use super::names_walk::{Selection, left_out_by};
use super::piece::Pieces;
use super::store::Store;
use crate::error::{Error, Result};
use crate::manifest::{Content, Entry, EntryName, Meta, Node, Part};
use listing::Listing;
use qib_ext4::{BlockReader, DeviceNumber, Ext4, FileType, Inode, InodeNumber};
use qib_rpc::count::LeftOuts;
use qib_rpc::key::CutKey;
use qib_rpc::rule::Rules;

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
}

/// A walk that writes a manifest.
pub struct ManifestWalk<'a, R> {
    /// The volume.
    pub fs: &'a Ext4<R>,
    /// What is wanted.
    pub selection: &'a Selection,
    /// What is left out.
    pub rules: Rules,
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
            let (Some(name), Some(outer)) = (open.name, above.pop()) else {
                return Ok(Root { meta, pieces });
            };
            open = outer;
            let node = Node::Directory(pieces);
            self.add(
                &mut open,
                Entry {
                    name,
                    meta,
                    node,
                    link_group: None,
                },
            )?;
        }
    }

    fn open(&self, folder: Inode, name: Option<EntryName>) -> Result<Open> {
        Ok(Open {
            listing: Listing::read(self.fs, &folder, self.selection)?,
            folder,
            name,
            pieces: Pieces::default(),
        })
    }

    /// Adds an entry; a folder must be walked first.
    fn entry(
        &mut self,
        open: &mut Open,
        name: EntryName,
        number: InodeNumber,
    ) -> Result<Option<Open>> {
        let inode = self.fs.inode(number)?;
        let directory = inode.file_type == FileType::Directory;
        let at_root = open.folder.number == InodeNumber::ROOT;
        if let Some(rule) = left_out_by(self.rules, at_root, name.bytes(), &inode) {
            if !directory {
                let is_file = inode.file_type == FileType::Regular;
                self.left_out
                    .add(rule, if is_file { inode.size } else { 0 });
            }
            return Ok(None);
        }
        let counts = &mut self.store.counts;
        if directory && !self.selection.folders.contains(number.get()) {
            return Err(Error::VolumeContradicts(
                "a folder that its entry calls a file",
            ));
        }
        if directory {
            counts.folders = counts.folders.saturating_add(1);
            return self.open(inode, Some(name)).map(Some);
        }
        if inode.file_type == FileType::Regular {
            counts.files = counts.files.saturating_add(1);
            counts.file_bytes = counts.file_bytes.saturating_add(inode.size);
        } else {
            counts.others = counts.others.saturating_add(1);
        }
        let entry = Entry {
            name,
            meta: self.meta(&inode)?,
            node: self.node(&inode)?,
            link_group: (inode.links > 1).then(|| number.get()),
        };
        self.add(open, entry).map(|()| None)
    }

    fn add(&mut self, open: &mut Open, entry: Entry) -> Result<()> {
        open.pieces.add(self.store, self.key, &entry)
    }

    fn node(&mut self, inode: &Inode) -> Result<Node> {
        let device = inode.device.unwrap_or(DeviceNumber { major: 0, minor: 0 });
        Ok(match inode.file_type {
            FileType::Regular => Node::File(self.content(inode)?),
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

    fn content(&mut self, inode: &Inode) -> Result<Content> {
        if inode.size == 0 {
            return Ok(Content::default());
        }
        let row = self.store.known.files.row(inode.number.get());
        let row = row.ok_or(Error::VolumeContradicts("a file that no inode table holds"))?;
        let words = self.store.known.files.words(row).to_vec();
        let parts = contents::of_words(self.store, &words)?;
        Ok(Content { parts })
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
