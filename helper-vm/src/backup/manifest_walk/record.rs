//! What the index will hold of a folder that is being written, and of its entries.

use crate::backup::reading_list::Judge;
use crate::backup::store::Store;
use crate::error::{Error, Result};
use crate::index::{Folder, Parent, Stand};
use crate::manifest::Part;
use qib_ext4::{FileType, Inode, InodeNumber};
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::rule::Rule;

/// A folder's row in the making. A folder is recorded only if everything in it
/// is: a later run that takes it as it is looks at nothing below it.
pub(super) struct Record {
    stand: Option<Stand>,
    counts: Counts,
    left_out: LeftOuts,
    links: Vec<u32>,
    whole: bool,
}

impl Record {
    pub(super) fn new(stand: Option<Stand>, left_out: LeftOuts, racy: bool) -> Self {
        Self {
            stand,
            counts: Counts::default(),
            left_out,
            links: Vec::new(),
            whole: !racy && stand.is_some(),
        }
    }

    /// What was left out of this folder.
    pub(super) fn left_out(&self) -> &LeftOuts {
        &self.left_out
    }

    pub(super) fn leave_out(&mut self, rule: Rule, bytes: u64) {
        self.left_out.add(rule, bytes);
    }

    /// Counts entries, here and for the whole snapshot.
    pub(super) fn count(&mut self, store: &mut Store, more: &Counts) {
        self.counts.add_entries(more);
        store.counts.add_entries(more);
    }

    /// Says whether a folder in this one was recorded.
    pub(super) fn below(&mut self, recorded: bool) {
        self.whole &= recorded;
    }

    /// Records an entry that is no folder, and returns its row.
    pub(super) fn entry(
        &mut self,
        store: &mut Store,
        judge: &Judge,
        folder: &Inode,
        inode: &Inode,
    ) -> Result<u32> {
        let number = inode.number.get();
        let parent = if inode.links > 1 {
            self.links.push(number);
            Parent::Many
        } else {
            Parent::Folder(folder.number.get())
        };
        let key = judge.fingerprints.key_of(inode);
        let first_new = store.known.first_new.files_from;
        let files = &mut store.known.files;
        let there = files.row(number).filter(|row| {
            let believed = *row >= first_new || files.is_trusted(*row);
            files.key(*row) == Some(key) && believed
        });
        let full = Error::VolumeTooLarge("more files than an index can hold");
        let row = match there {
            Some(row) if row >= first_new => {
                files.set_parent(row, parent);
                row
            }
            Some(row) => {
                let words = files.words(row).to_vec();
                files.note(key, parent, Some(&words)).ok_or(full)?
            }
            None if holds_data(inode) && left_out_is_not(judge, inode) => {
                return Err(Error::VolumeContradicts("a file that no inode table holds"));
            }
            None => {
                let row = files.add(key, parent, &[]).ok_or(full)?;
                if judge.racy.is_racy(inode) {
                    files.distrust(row);
                }
                row
            }
        };
        files.need(row);
        self.whole &= files.is_trusted(row);
        Ok(row)
    }

    /// Records the folder if all of it is; true when it was.
    pub(super) fn finish(
        self,
        store: &mut Store,
        judge: &Judge,
        folder: &Inode,
        parent: InodeNumber,
        pieces: &[Part],
    ) -> Result<bool> {
        let chunks = &store.known.chunks;
        let piece = |part: &Part| match part {
            Part::Chunk(id, _) => chunks.row(id),
            Part::Hole(_) | Part::List(..) => None,
        };
        let pieces: Option<Vec<u32>> = pieces.iter().map(piece).collect();
        let (true, Some(pieces), Some(stand)) = (self.whole, pieces, self.stand) else {
            return Ok(false);
        };
        let row = Folder {
            stand,
            counts: self.counts,
            left_out: self.left_out,
            links: self.links,
            pieces,
        };
        let key = judge.fingerprints.key_of(folder);
        let parent = Parent::Folder(parent.get());
        let noted = store
            .known
            .folders
            .note(key, parent, row.words().as_deref());
        Ok(noted.is_some())
    }
}

fn holds_data(inode: &Inode) -> bool {
    inode.file_type == FileType::Regular && inode.size > 0
}

fn left_out_is_not(judge: &Judge, inode: &Inode) -> bool {
    crate::backup::selection::left_out_by_itself(judge.rules, inode).is_none()
}
