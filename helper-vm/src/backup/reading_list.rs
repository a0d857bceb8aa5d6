//! What this run must read: a pass over the inode tables, in disk order after.

use super::fingerprint::Fingerprints;
use super::names_walk::Selection;
use super::racy::{RacyFrom, ReadAgain};
use crate::error::Result;
use crate::known::Known;
use qib_ext4::{BlockReader, Ext4, FileType, Inode, InodeNumber};
use qib_rpc::rule::{Rule, Rules};

/// A file to read.
#[derive(Clone, Copy, Debug)]
pub struct ToRead {
    /// Where its first data lies, in bytes of the volume.
    pub place: u64,
    /// Which file.
    pub inode: InodeNumber,
    /// True when its content may not be recorded as known.
    pub racy: bool,
}

/// The files to read, in the order in which they lie on the volume.
#[derive(Default)]
pub struct ReadingList {
    /// The files.
    pub files: Vec<ToRead>,
    /// Bytes that they hold at most, holes not counted.
    pub bytes: u64,
}

/// How files are judged.
pub struct Judge {
    /// Whose times are not believed.
    pub racy: RacyFrom,
    /// Whose turn it is to be read again.
    pub again: ReadAgain,
    /// How files looked.
    pub fingerprints: Fingerprints,
    /// What is left out.
    pub rules: Rules,
}

/// The newest time that the volume knows, in seconds since 1970.
///
/// # Errors
/// When the inode tables can not be read.
pub fn newest_time<R: BlockReader>(fs: &Ext4<R>) -> Result<i64> {
    let times = fs.times();
    let written = times.written.max(times.mounted);
    let mut newest = i64::try_from(written).unwrap_or(0);
    for inode in fs.inodes() {
        newest = newest.max(inode?.ctime.seconds);
    }
    Ok(newest)
}

/// Finds what must be read. Rows of files that look unchanged are marked as needed.
///
/// # Errors
/// When the volume can not be read.
pub fn make<R: BlockReader>(
    fs: &Ext4<R>,
    selection: &Selection,
    judge: &Judge,
    known: &mut Known,
) -> Result<ReadingList> {
    let mut list = ReadingList::default();
    for inode in fs.inodes() {
        let inode = inode?;
        let wanted = selection.wanted.contains(inode.number.get());
        if !wanted || inode.file_type != FileType::Regular || inode.size == 0 {
            continue;
        }
        if inode.flags.nodump() && judge.rules.holds(Rule::NoDump) {
            continue;
        }
        let racy = judge.racy.is_racy(&inode);
        if !racy && is_known(&inode, judge, known) {
            continue;
        }
        let first = fs.extents(&inode)?.next().transpose()?;
        let on_disk = inode.blocks.saturating_mul(512).min(inode.size);
        list.bytes = list.bytes.saturating_add(on_disk);
        list.files.push(ToRead {
            place: first.map_or(0, |extent| extent.place),
            inode: inode.number,
            racy,
        });
    }
    list.files
        .sort_unstable_by_key(|file| (file.place, file.inode));
    Ok(list)
}

fn is_known(inode: &Inode, judge: &Judge, known: &mut Known) -> bool {
    let Some(row) = known.files.row(inode.number.get()) else {
        return false;
    };
    let same = known.files.key(row) == Some(judge.fingerprints.key_of(inode));
    if !same || judge.again.is_due(inode.number.get()) {
        return false;
    }
    known.files.need(row);
    true
}
