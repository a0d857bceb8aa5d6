//! Restoring an image: the volume's own bytes, at their own places.

use super::filling::{Count, Filling, Written, write_each};
use super::opening::Later;
use super::runs::{Run, each_run};
use super::spool::Spool;
use super::steps::each_step;
use super::target::Target;
use super::walk::{Step, Stopped};
use super::wants::{Wanted, Wants};
use super::zeros;
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::manifest::{Content, Entry, Node};
use crate::pack::Chunk;
use crate::snapshot::{Disk, IMAGE_NAME, Snapshot};
use qib_rpc::id::Digest;
use qib_rpc::key::ChunkKey;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Chunks of an image are at least that long on average, in bytes: a small snapshot
/// must not fill a large memory.
const LEAST_CHUNK_BYTES: u64 = 64 << 10;

/// An image, all of it checked against its snapshot and the volume.
pub struct Image {
    content: Content,
    /// The place of a disk's files, which is not touched; empty where there are none.
    files: Range<u64>,
    /// Its length.
    pub bytes: u64,
    /// Bytes of it that are no holes.
    pub data_bytes: u64,
}

impl Image {
    /// Finds the image in a manifest.
    ///
    /// # Errors
    /// [`Error::TargetTooSmall`] when it is longer than `volume_bytes`,
    /// [`Error::Object`] about the snapshot when the manifest lies.
    pub fn find(
        spool: &Spool,
        snapshot: &Snapshot,
        digest: Digest,
        volume_bytes: u64,
    ) -> Result<Self> {
        let bytes = snapshot.counts.file_bytes;
        if bytes > volume_bytes {
            return Err(Error::TargetTooSmall(Some(bytes)));
        }
        let mut image = None;
        each_step(spool, snapshot, digest, |step| match step {
            Step::Entry(0, entry) if image.is_none() => {
                image = Some(Self::check(spool, entry, bytes, 0..0)?);
                Ok(())
            }
            Step::Leave(0, _) => Ok(()),
            _ => Err(FormatError::Damaged("an image of more than one file").into()),
        })?;
        let none = FormatError::Damaged("an image without its file");
        image.ok_or(Error::Object(digest, none))
    }

    /// The image of what a disk has beside its files.
    ///
    /// # Errors
    /// When it is none, or has data where the files are.
    pub fn of_disk(spool: &Spool, entry: Entry, disk: &Disk) -> std::result::Result<Self, Stopped> {
        Self::check(spool, entry, disk.facts().bytes, disk.fs_range())
    }

    fn check(
        spool: &Spool,
        entry: Entry,
        bytes: u64,
        files: Range<u64>,
    ) -> std::result::Result<Self, Stopped> {
        let Node::File(content) = entry.node else {
            return Err(FormatError::Damaged("an image that is no file").into());
        };
        if entry.name.bytes() != IMAGE_NAME || entry.link_group.is_some() {
            return Err(FormatError::Damaged("an image of another name").into());
        }
        let (mut chunks, mut data_bytes) = (0_u64, 0_u64);
        let found = each_run(spool, &content, bytes, |run| {
            if run.at < files.end && files.start < run.at.saturating_add(run.bytes) {
                return Err(FormatError::Damaged("data where a disk's files are").into());
            }
            data_bytes = data_bytes.saturating_add(run.bytes);
            // The last chunk may be short.
            if chunks > data_bytes / LEAST_CHUNK_BYTES {
                return Err(FormatError::Damaged("an image cut too finely").into());
            }
            chunks = chunks.saturating_add(1);
            Ok(())
        })?;
        if found != bytes {
            return Err(FormatError::Damaged("an image of another length").into());
        }
        Ok(Self {
            content,
            files,
            bytes,
            data_bytes,
        })
    }

    /// Makes zeros of the image's holes on the volume, and of what the volume has beyond it,
    /// but for the place of a disk's files; hands every run to `add`, and whether it is the first.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn begin(
        &self,
        target: &Target,
        file: &File,
        spool: &Spool,
        digest: Digest,
        mut add: impl FnMut(Run, bool),
    ) -> Result<()> {
        let zeros = |hole: Range<u64>| {
            zeros::make(file, hole.start..hole.end.min(self.files.start))?;
            zeros::make(file, hole.start.max(self.files.end)..hole.end)
        };
        let (mut at, mut begins) = (0, true);
        let done = each_run(spool, &self.content, self.bytes, |run| {
            zeros(at..run.at)?;
            at = run.at.saturating_add(run.bytes);
            add(run, begins);
            begins = false;
            Ok(())
        });
        done.map_err(|stopped| stopped.about(digest))?;
        zeros(at..target.bytes())
    }
}

/// Writes an image to a volume.
pub struct Writing {
    file: File,
    wants: Wants<u64>,
    digest: Digest,
}

impl Writing {
    /// Begins by making the image's holes zeros, and what the volume has beyond it.
    ///
    /// # Errors
    /// When the volume can not be written.
    pub fn begin(image: &Image, spool: &Spool, target: &Target, digest: Digest) -> Result<Self> {
        let mut wants = Wants::default();
        let file = target.open()?;
        let add = |run: Run, begins| wants.add(run, begins, run.at);
        image.begin(target, &file, spool, digest, add)?;
        wants.sort();
        Ok(Self {
            file,
            wants,
            digest,
        })
    }

    /// Nothing more comes.
    ///
    /// # Errors
    /// When the image still wants data, or the volume can not be written.
    pub fn finish(self) -> Result<()> {
        self.check_all_came()?;
        self.file.sync_all().map_err(Error::Target)
    }
}

impl Filling for Writing {
    fn wanted(&self) -> &dyn Wanted {
        &self.wants
    }

    fn snapshot(&self) -> Digest {
        self.digest
    }

    fn find(&self, chunk: &ChunkId, key: &ChunkKey) -> Result<Option<Written>> {
        let mut written = Written::default();
        for want in self.wants.of(chunk) {
            if !want.lies_in(&self.file, want.place, key)? {
                return Ok(None);
            }
            written.add(Written::of(want));
        }
        self.wants.meet(chunk);
        Ok(Some(written))
    }

    fn take<'g>(&'g self, chunks: &'g [Chunk<'g>], count: Count<'g>) -> Result<Later<'g>> {
        let write = |at: &u64, plain: &[u8]| {
            let written = self.file.write_all_at(plain, *at);
            written.map_err(Error::Target)
        };
        Ok(write_each(&self.wants, self.digest, chunks, count, write))
    }
}
