//! The first walk: checks the whole manifest against itself and the snapshot,
//! and finds out how much there is to write. It ends as soon as the volume can
//! not hold what it has found: a small manifest can name much.

use super::image::Image;
use super::links::Links;
use super::runs::each_run;
use super::spool::Spool;
use super::steps::each_step;
use super::tree::LOST_AND_FOUND;
use super::walk::{FolderNumber, Step, Stopped};
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::manifest::{Content, Entry, Node};
use crate::number::wide;
use crate::snapshot::{BlockSize, Snapshot};
use qib_rpc::count::Counts;
use qib_rpc::id::Digest;

/// ext4's inode, in bytes.
const INODE_BYTES: u64 = 256;

/// ext4's shortest entry of a folder, in bytes.
const NAME_BYTES: u64 = 12;

/// What a manifest holds, all of it checked.
#[derive(Debug, Default)]
pub struct Survey {
    /// The block of the file system to make.
    pub block_size: BlockSize,
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
    /// True when something else than a folder has the name of mkfs's own folder.
    pub replaces_lost_and_found: bool,
}

impl Survey {
    /// Walks the manifest of what is to be written to a volume of `volume_bytes`.
    ///
    /// # Errors
    /// [`Error::Object`] about the snapshot when the manifest lies,
    /// [`Error::TargetTooSmall`] when it tells of more than the volume holds.
    pub fn new(
        spool: &Spool,
        snapshot: &Snapshot,
        digest: Digest,
        volume_bytes: u64,
    ) -> Result<Self> {
        let mut surveying = Surveying {
            spool,
            file_bytes_said: snapshot.counts.file_bytes,
            volume_bytes,
            found: Self {
                block_size: snapshot.block_size,
                ..Self::default()
            },
        };
        each_step(spool, snapshot, digest, |step| surveying.step(step))?;
        let survey = surveying.found;
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
}

impl Survey {
    /// Counts what a disk has beside its files, and their folder.
    pub fn add_image(&mut self, image: &Image) {
        add(&mut self.counts.files, 1);
        add(&mut self.counts.folders, 1);
        add(&mut self.counts.file_bytes, image.bytes);
        add(&mut self.data_bytes, image.data_bytes);
    }
}

struct Surveying<'a> {
    spool: &'a Spool,
    file_bytes_said: u64,
    volume_bytes: u64,
    found: Survey,
}

impl Surveying<'_> {
    fn step(&mut self, step: Step) -> std::result::Result<(), Stopped> {
        match step {
            Step::Enter(..) => add(&mut self.found.counts.folders, 1),
            Step::Entry(folder, entry) => self.entry(folder, &entry)?,
            Step::Leave(..) => self.inode(self.found.block_size.bytes()),
        }
        let counts = &self.found.counts;
        let entries = counts.files.saturating_add(counts.folders);
        let names = entries.saturating_add(counts.others);
        let least = self.found.least_bytes;
        if least.max(names.saturating_mul(NAME_BYTES)) > self.volume_bytes {
            return Err(Error::TargetTooSmall(None).into());
        }
        Ok(())
    }

    fn inode(&mut self, content_bytes: u64) {
        add(&mut self.found.inodes, 1);
        let bytes = INODE_BYTES.saturating_add(content_bytes);
        add(&mut self.found.least_bytes, bytes);
    }

    fn entry(&mut self, folder: FolderNumber, entry: &Entry) -> std::result::Result<(), Stopped> {
        let at_root = folder == 0 && entry.name.bytes() == LOST_AND_FOUND;
        self.found.replaces_lost_and_found |= at_root;
        let size = match (self.found.links.earlier(entry)?, &entry.node) {
            (Some(size), _) => size,
            (None, Node::File(content)) => self.file(folder, entry, content)?,
            (None, _) => {
                self.inode(0);
                self.found.links.note(folder, entry, 0)?;
                0
            }
        };
        let is_file = matches!(entry.node, Node::File(_));
        let counts = &mut self.found.counts;
        add(&mut counts.file_bytes, size);
        add(
            if is_file {
                &mut counts.files
            } else {
                &mut counts.others
            },
            1,
        );
        if counts.file_bytes > self.file_bytes_said {
            return Err(FormatError::Damaged("more bytes than the snapshot counts").into());
        }
        Ok(())
    }

    fn file(
        &mut self,
        folder: FolderNumber,
        entry: &Entry,
        content: &Content,
    ) -> std::result::Result<u64, Stopped> {
        let (mut runs, mut data) = (0, 0_u64);
        let volume_bytes = self.volume_bytes;
        let size = each_run(self.spool, content, self.file_bytes_said, |run| {
            add(&mut runs, 1);
            add(&mut data, run.bytes);
            if data > volume_bytes {
                return Err(Error::TargetTooSmall(None).into());
            }
            Ok(())
        })?;
        self.found.links.note(folder, entry, size)?;
        self.inode(data.next_multiple_of(self.found.block_size.bytes()));
        if runs > 0 {
            add(&mut self.found.files_with_data, 1);
            add(&mut self.found.runs, runs);
            add(&mut self.found.data_bytes, data);
            let name_bytes = wide(entry.name.bytes().len());
            add(&mut self.found.name_bytes, name_bytes);
        }
        Ok(size)
    }
}

fn add(sum: &mut u64, number: u64) {
    *sum = sum.saturating_add(number);
}
