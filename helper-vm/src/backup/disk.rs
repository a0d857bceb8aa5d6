//! A disk with one large ext file system: that is read file by file, and everything
//! beside it (tables, boot sectors, other partitions) as an image around it.

use super::finish;
use super::image;
use super::look::Look;
use super::manifest_walk::Root;
use super::piece::Pieces;
use super::run::store_tree;
use super::session::Session;
use crate::device::Device;
use crate::disk::{GptError, Part, partitions};
use crate::error::{Error, Result};
use crate::known::Known;
use crate::manifest::{Entry, EntryName, Node};
use crate::probe::probe;
use crate::snapshot::{BlockSize, Disk, DiskFacts, FILES_NAME, Features, Label, SnapshotKind};
use qib_ext4::{BlockReader, Ext4};
use qib_rpc::message::backup::BackupSummary;
use qib_rpc::reading::VolumeKind;
use std::io::Write;
use std::ops::Range;
use std::path::Path;

/// What lies before the superblock: zeros, unless something starts from there that
/// goes by block numbers.
const BOOT_SECTOR_BYTES: usize = 1024;

/// A disk whose file system can be read, and made again by mke2fs.
pub struct DiskVolume {
    device: Device,
    fs: Ext4<Part<Device>>,
    block_size: BlockSize,
    disk: Disk,
}

impl DiskVolume {
    /// The file system on it.
    pub fn file_system(&self) -> &Ext4<Part<Device>> {
        &self.fs
    }
}

/// Looks for the file system of a disk. None when there is any doubt about it: the
/// disk is an image then.
///
/// # Errors
/// When the disk can not be read.
pub fn open(path: &Path) -> Result<Option<DiskVolume>> {
    let device = Device::open(path)?;
    let range = match partitions(&device) {
        Ok(found) => found.into_iter().find(|range| is_main(range, &device)),
        Err(GptError::Io(error)) => return Err(Error::reading(error)),
        Err(_) => None,
    };
    let Some(range) = range else {
        return Ok(None);
    };
    let offset = range.start;
    let Some(part) = Part::new(Device::open(path)?, range) else {
        return Ok(None);
    };
    if probe(&part).map_err(Error::reading)? != VolumeKind::Ext || starts_something(&part)? {
        return Ok(None);
    }
    let fs = match Ext4::open(part) {
        Ok(fs) => fs,
        Err(qib_ext4::Error::Io(error)) => return Err(Error::reading(error)),
        Err(_) => return Ok(None),
    };
    let Some((disk, block_size)) = describe(&fs, offset, device.size()) else {
        return Ok(None);
    };
    Ok(Some(DiskVolume {
        device,
        fs,
        block_size,
        disk,
    }))
}

/// At least half of the disk: there is only one such.
fn is_main(range: &Range<u64>, device: &Device) -> bool {
    range.end.saturating_sub(range.start) >= device.size().div_ceil(2)
}

fn starts_something(part: &impl BlockReader) -> Result<bool> {
    let mut untrusted_start = [0; BOOT_SECTOR_BYTES];
    let read = part.read_at(0, &mut untrusted_start);
    read.map_err(Error::reading)?;
    Ok(untrusted_start.iter().any(|byte| *byte != 0))
}

fn describe<R: BlockReader>(fs: &Ext4<R>, offset: u64, bytes: u64) -> Option<(Disk, BlockSize)> {
    let made_with = fs.made_with();
    let block_size = BlockSize::new(fs.block_size().into())?;
    let facts = DiskFacts {
        bytes,
        fs_offset: offset,
        fs_bytes: fs.volume_bytes(),
        inodes: fs.inode_count(),
        inode_bytes: fs.inode_size(),
        uuid: made_with.uuid,
        label: Label::of_super_block(&made_with.label)?,
        features: Features::of_super_block(&made_with)?,
    };
    Disk::new(facts, block_size).map(|disk| (disk, block_size))
}

/// Stores a disk.
///
/// # Errors
/// When the disk can not be read, or something not be stored.
pub fn store_all<W: Write + Send + 'static>(
    session: &Session<W>,
    volume: &DiskVolume,
    look: Look,
    known: Known,
) -> Result<BackupSummary> {
    let mut store = session.store(known)?;
    let mut trial = session.trial();
    let (files, left_out) = store_tree(session, &volume.fs, look, &mut store, &mut trial)?;
    let fs = volume.disk.fs_range();
    let image = image::entry(session, &volume.device, fs, &mut store)?;
    store.counts.folders = store.counts.folders.saturating_add(1);
    let files = Entry {
        name: EntryName::new(FILES_NAME).ok_or(Error::Job("a folder without a name"))?,
        meta: files.meta,
        node: Node::Directory(files.pieces),
        link_group: None,
    };
    let mut pieces = Pieces::default();
    for entry in [&files, &image] {
        pieces.add(&mut store, &session.job.cut_key, entry)?;
    }
    let root = Root {
        meta: image::owner_only(0o700),
        pieces: pieces.finish(&mut store)?,
    };
    let kind = SnapshotKind::Disk(volume.disk);
    let stored = finish::finish(
        session,
        &mut store,
        root,
        &left_out,
        volume.block_size,
        kind,
    )?;
    Ok(session.summary(&store, stored, left_out, trial))
}
