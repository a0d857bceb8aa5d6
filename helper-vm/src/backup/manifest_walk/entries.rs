//! What becomes of the entries of a folder that is being written.

use super::ahead::Found;
use super::{ManifestWalk, Open};
use crate::backup::contents;
use crate::error::{Error, Result};
use crate::index::Folder;
use crate::manifest::{Content, Entry, EntryName, Meta, Node, Part};
use qib_ext4::{DeviceNumber, FileType, Inode, InodeNumber};
use qib_rpc::count::Counts;
use qib_rpc::rule::Rule;

impl ManifestWalk<'_> {
    /// The pieces of a folder that is taken as an earlier run saw it.
    pub(super) fn unchanged(&self, folder: InodeNumber) -> Result<Option<Vec<Part>>> {
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

    pub(super) fn leave_out(&mut self, open: &mut Open, rule: Rule, inode: &Inode) -> Result<()> {
        let is_file = inode.file_type == FileType::Regular;
        open.record
            .leave_out(rule, if is_file { inode.size } else { 0 });
        let folder = &open.folder.inode;
        open.record
            .entry(self.store, self.judge, folder, inode)
            .map(drop)
    }

    pub(super) fn entry(&mut self, open: &mut Open, name: EntryName, found: Found) -> Result<()> {
        let Found {
            inode,
            meta,
            target,
        } = found;
        if inode.file_type == FileType::Directory {
            self.count_folder(open);
            let unknown = Error::Job("a folder that no index holds");
            let pieces = self.unchanged(inode.number)?.ok_or(unknown)?;
            return self.add(open, name, meta, Node::Directory(pieces), None);
        }
        let is_file = inode.file_type == FileType::Regular;
        let count = Counts {
            files: u64::from(is_file),
            others: u64::from(!is_file),
            file_bytes: if is_file { inode.size } else { 0 },
            ..Counts::default()
        };
        open.record.count(self.store, &count);
        let bytes = count.file_bytes;
        self.trial.entry(&mut open.within, name.bytes(), bytes);
        let folder = &open.folder.inode;
        let row = open.record.entry(self.store, self.judge, folder, &inode)?;
        let node = self.node(&inode, target, row)?;
        let link_group = (inode.links > 1).then(|| inode.number.get());
        self.add(open, name, meta, node, link_group)
    }

    pub(super) fn add(
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

    fn node(&mut self, inode: &Inode, target: Vec<u8>, row: u32) -> Result<Node> {
        let device = inode.device.unwrap_or(DeviceNumber { major: 0, minor: 0 });
        Ok(match inode.file_type {
            FileType::Regular => {
                let words = self.store.known.files.words(row).to_vec();
                let parts = contents::of_words(self.store, &words)?;
                Node::File(Content { parts })
            }
            FileType::Symlink => Node::Symlink(target),
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
}
