//! Copying a tree from one volume to another.

use std::collections::HashMap;

use qib_ext4::{BlockReader, DirEntry, Ext4, FileType, Inode, InodeNumber};
use qib_ext4_writer::{
    BlockWriter, Known, Layout, Meta, Placed, Result, Run, Space, Special, Writer,
};

/// A volume that can be read and a writer.
pub struct Copying<'a, R, D> {
    source: &'a Ext4<R>,
    writer: &'a mut Writer<D>,
    device: &'a D,
    known: HashMap<InodeNumber, Known>,
}

/// Copies everything.
pub fn copy<R: BlockReader, D: BlockWriter>(
    source: &Ext4<R>,
    writer: &mut Writer<D>,
    device: &D,
) -> Result<()> {
    let mut copying = Copying {
        source,
        writer,
        device,
        known: HashMap::new(),
    };
    let root = source.root().unwrap();
    copying.folder(&root)
}

impl<R: BlockReader, D: BlockWriter> Copying<'_, R, D> {
    /// Everything in a directory that was entered, and leaves it.
    fn folder(&mut self, folder: &Inode) -> Result<()> {
        let mut names = Vec::new();
        let take = |entry: DirEntry<'_>| names.push((entry.name.to_vec(), entry.inode));
        self.source.read_dir(folder, take).unwrap();
        names.sort();
        for (name, number) in names {
            let inode = self.source.inode(number).unwrap();
            if let Some(known) = self.known.get(&number) {
                self.writer.link(&name, *known)?;
            } else if inode.file_type == FileType::Directory {
                self.writer.enter(&name)?;
                self.folder(&inode)?;
            } else {
                let known = self.entry(&name, &inode)?;
                self.known.insert(number, known);
            }
        }
        let xattrs = self.xattrs(folder);
        self.writer.leave(&meta(folder, &xattrs))
    }

    fn entry(&mut self, name: &[u8], inode: &Inode) -> Result<Known> {
        let xattrs = self.xattrs(inode);
        let meta = meta(inode, &xattrs);
        let links = inode.links.into();
        let target;
        let special = match inode.file_type {
            FileType::Regular => return self.file(name, inode, &meta),
            FileType::Symlink => {
                target = self.source.symlink_target(inode).unwrap();
                Special::Symlink(&target)
            }
            FileType::CharDevice => {
                let device = inode.device.unwrap();
                Special::CharDevice(device.major, device.minor)
            }
            FileType::BlockDevice => {
                let device = inode.device.unwrap();
                Special::BlockDevice(device.major, device.minor)
            }
            FileType::Socket => Special::Socket,
            _ => Special::Fifo,
        };
        self.writer.special(name, &meta, links, special)
    }

    fn file(&mut self, name: &[u8], inode: &Inode, meta: &Meta<'_>) -> Result<Known> {
        let runs = self.runs(inode);
        let links = inode.links.into();
        let (known, places) = self.writer.add_file(name, meta, links, inode.size, &runs)?;
        for (run, placed) in runs.iter().zip(places) {
            let mut data = vec![0; run.bytes.try_into().unwrap()];
            let mut reader = self.source.file(inode, run.at).unwrap();
            let mut filled = 0;
            while filled < data.len() {
                filled += reader.read(&mut data[filled..]).unwrap();
            }
            write(self.writer.space(), self.device, placed, &data);
        }
        Ok(known)
    }

    fn runs(&self, inode: &Inode) -> Vec<Run> {
        let whole = Run {
            at: 0,
            bytes: inode.size,
        };
        if inode.inline_data().unwrap().is_some() {
            return vec![whole]
                .into_iter()
                .filter(|run| run.bytes > 0)
                .collect();
        }
        let mut runs: Vec<Run> = Vec::new();
        for extent in self.source.extents(inode).unwrap() {
            let extent = extent.unwrap();
            // Long extents in parts, as chunks are.
            let end = (extent.offset + extent.length).min(inode.size);
            let mut at = extent.offset;
            while extent.written && at < end {
                let bytes = (end - at).min(777_777);
                runs.push(Run { at, bytes });
                at += bytes;
            }
        }
        runs
    }

    fn xattrs(&self, inode: &Inode) -> Vec<(Vec<u8>, Vec<u8>)> {
        let xattrs = self.source.xattrs(inode).unwrap().into_iter();
        xattrs.map(|xattr| (xattr.name, xattr.value)).collect()
    }
}

/// Writes a run to its place, with its zeros.
pub fn write<D: BlockWriter>(space: &Space, device: &D, placed: Placed, data: &[u8]) {
    let zeros = |count: u32| vec![0; count.try_into().unwrap()];
    let bytes = [
        &zeros(placed.zeros_before),
        data,
        &zeros(placed.zeros_behind),
    ]
    .concat();
    let length = bytes.len().try_into().unwrap();
    let mut rest = &bytes[..];
    for (offset, length) in space.spans(placed.at, length) {
        let (now, later) = rest.split_at(length.try_into().unwrap());
        device.write_at(offset, now).unwrap();
        rest = later;
    }
}

pub fn meta<'a>(inode: &Inode, xattrs: &'a [(Vec<u8>, Vec<u8>)]) -> Meta<'a> {
    Meta {
        permissions: inode.permissions,
        uid: inode.uid,
        gid: inode.gid,
        mtime: inode.mtime,
        xattrs,
    }
}

/// Adding a file whose blocks are taken now.
pub trait AddFile {
    /// Returns where each run belongs, from the first of all free blocks on.
    fn add_file(
        &mut self,
        name: &[u8],
        meta: &Meta<'_>,
        links: u32,
        size: u64,
        runs: &[Run],
    ) -> Result<(Known, Vec<Placed>)>;
}

impl<D: BlockWriter> AddFile for Writer<D> {
    fn add_file(
        &mut self,
        name: &[u8],
        meta: &Meta<'_>,
        links: u32,
        size: u64,
        runs: &[Run],
    ) -> Result<(Known, Vec<Placed>)> {
        let layout = Layout::new(size, runs, self.block_size())?;
        let first = self.take(layout.blocks())?;
        let known = self.file(name, meta, links, &layout, first)?;
        let begin = first * u64::from(self.block_size());
        let moved = |placed: &Placed| Placed {
            at: placed.at + begin,
            ..*placed
        };
        Ok((known, layout.places().iter().map(moved).collect()))
    }
}
