//! The first walk: checks the whole manifest against itself and the snapshot,
//! and finds out how much there is to write.

use super::links::Links;
use super::runs::each_run;
use super::spool::Spool;
use super::walk::{FolderNumber, Step, Stopped, each_step};
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::manifest::{Entry, Node};
use crate::number::wide;
use crate::snapshot::Snapshot;
use qib_rpc::count::Counts;
use qib_rpc::id::Digest;

/// The block of the file system that is made, in bytes: the largest that every kernel mounts.
pub const BLOCK_BYTES: u64 = 4096;

/// ext4's inode, in bytes.
const INODE_BYTES: u64 = 256;

/// What a manifest holds, all of it checked.
#[derive(Debug, Default)]
pub struct Survey {
    /// Entries and the size of files, as the snapshot counts them.
    pub counts: Counts,
    /// Which names are one file.
    pub links: Links,
    /// Files with data, each counted once.
    pub files_with_data: u64,
    /// Runs of data in them.
    pub runs: u64,
    /// Bytes of data in them.
    pub data_bytes: u64,
    /// Bytes of the names of files with data.
    pub name_bytes: u64,
    /// Inodes that the file system needs.
    pub inodes: u64,
    /// Bytes that the file system needs at the very least.
    pub least_bytes: u64,
}

impl Survey {
    /// Walks the manifest.
    ///
    /// # Errors
    /// [`Error::Object`] about the snapshot when the manifest lies.
    pub fn new(spool: &Spool, snapshot: &Snapshot, digest: Digest) -> Result<Self> {
        let mut survey = Self::default();
        each_step(spool, snapshot, digest, |step| {
            survey.step(step, spool, snapshot)
        })?;
        let (found, said) = (survey.counts, snapshot.counts);
        let same = (found.files, found.folders, found.others, found.file_bytes)
            == (said.files, said.folders, said.others, said.file_bytes);
        if same {
            Ok(survey)
        } else {
            let lie = FormatError::Damaged("other counts than the snapshot says");
            Err(Error::Object(digest, lie))
        }
    }

    fn step(
        &mut self,
        step: Step,
        spool: &Spool,
        snapshot: &Snapshot,
    ) -> std::result::Result<(), Stopped> {
        match step {
            Step::Enter(..) => add(&mut self.counts.folders, 1),
            Step::Entry(folder, entry) => self.entry(folder, &entry, spool, snapshot)?,
            Step::Leave(..) => {
                add(&mut self.inodes, 1);
                add(
                    &mut self.least_bytes,
                    BLOCK_BYTES.saturating_add(INODE_BYTES),
                );
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        folder: FolderNumber,
        entry: &Entry,
        spool: &Spool,
        snapshot: &Snapshot,
    ) -> std::result::Result<(), Stopped> {
        let first = self.links.note(folder, entry)?;
        if first {
            add(&mut self.inodes, 1);
            add(&mut self.least_bytes, INODE_BYTES);
        }
        let Node::File(content) = &entry.node else {
            add(&mut self.counts.others, 1);
            return Ok(());
        };
        let (mut runs, mut data) = (0, 0_u64);
        let bytes_left = snapshot
            .counts
            .file_bytes
            .saturating_sub(self.counts.file_bytes);
        let size = each_run(spool, content, bytes_left, |run| {
            runs += 1;
            data = data.saturating_add(run.bytes);
        })?;
        add(&mut self.counts.files, 1);
        add(&mut self.counts.file_bytes, size);
        if first && runs > 0 {
            add(&mut self.files_with_data, 1);
            add(&mut self.runs, runs);
            add(&mut self.data_bytes, data);
            add(&mut self.name_bytes, wide(entry.name.bytes().len()));
            add(&mut self.least_bytes, data);
        }
        Ok(())
    }
}

fn add(sum: &mut u64, number: u64) {
    *sum = sum.saturating_add(number);
}
