//! What this run must read: a pass over the inode tables, in disk order after.

use super::fingerprint::Fingerprints;
use super::racy::RacyFrom;
use super::selection::{Selection, left_out_by_itself};
use super::survey::Survey;
use crate::error::Result;
use qib_ext4::{BlockReader, Ext4, FileType, InodeNumber};
use qib_rpc::rule::Rules;

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
    /// How files looked.
    pub fingerprints: Fingerprints,
    /// What is left out.
    pub rules: Rules,
}

/// Finds what must be read: what is wanted and not as an earlier run saw it.
///
/// # Errors
/// When the volume can not be read.
pub fn make<R: BlockReader>(
    fs: &Ext4<R>,
    selection: &Selection,
    survey: &Survey,
    judge: &Judge,
) -> Result<ReadingList> {
    let mut list = ReadingList::default();
    if !selection.any_changed {
        return Ok(list);
    }
    for inode in fs.inodes() {
        let inode = inode?;
        let number = inode.number.get();
        let wanted = selection.wanted.contains(number) && !survey.same.contains(number);
        if !wanted || inode.file_type != FileType::Regular || inode.size == 0 {
            continue;
        }
        if left_out_by_itself(judge.rules, &inode).is_some() {
            continue;
        }
        let racy = judge.racy.is_racy(&inode);
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
