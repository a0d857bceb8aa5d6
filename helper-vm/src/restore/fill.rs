//! The data, in the order in which packs hold it. Holes stay holes: only data is
//! written, into files that have their size already.

use super::filling::Filling;
use super::packs::Pack;
use super::tree::{Tree, failed};
use super::wants::{FileNumber, Want, Wants};
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::pack::each_chunk;
use crate::seal::OpenWith;
use qib_rpc::count::Counts;
use qib_rpc::id::Digest;
use qib_rpc::key::ChunkKey;
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Writes chunks where they belong.
pub struct Fill<'a> {
    tree: &'a mut Tree,
    wants: Wants,
    /// What a disk has beside its files: the number among the wants, and the volume.
    beside: Option<(FileNumber, File)>,
    /// The file written last: a large one is written chunk by chunk.
    open: Option<(FileNumber, File)>,
    snapshot: Digest,
}

impl<'a> Fill<'a> {
    /// Begins.
    pub fn new(
        tree: &'a mut Tree,
        wants: Wants,
        beside: Option<(FileNumber, File)>,
        snapshot: Digest,
    ) -> Self {
        Self {
            tree,
            wants,
            beside,
            open: None,
            snapshot,
        }
    }

    fn open(&mut self, number: FileNumber, counts: &mut Counts) -> Result<&File> {
        if self.open.as_ref().is_none_or(|(open, _)| *open != number) {
            let (folder, name) = self.wants.file(number);
            let file = self.tree.file(folder, name, OFlags::WRONLY)?;
            self.open = Some((number, file));
            counts.files_read = counts.files_read.saturating_add(1);
        }
        let gone = || Error::Helper(std::io::ErrorKind::NotFound.into());
        self.open.as_ref().map(|(_, file)| file).ok_or_else(gone)
    }
}

impl Filling for Fill<'_> {
    fn wants(&mut self) -> &mut Wants {
        &mut self.wants
    }

    fn snapshot(&self) -> Digest {
        self.snapshot
    }

    fn write(&mut self, want: Want, plain: &[u8], counts: &mut Counts) -> Result<()> {
        if let Some((number, volume)) = &self.beside
            && *number == want.file
        {
            return volume.write_all_at(plain, want.at).map_err(Error::Target);
        }
        let file = self.open(want.file, counts)?;
        let written = file.write_all_at(plain, want.at);
        written.map_err(|error| Errno::from_io_error(&error).map_or(Error::Target(error), failed))
    }
}

/// Hands every chunk of a pack to `take`, checked against its id.
///
/// # Errors
/// When the pack is damaged, or what `take` returns.
pub fn open_pack(
    pack: &Pack,
    with: &OpenWith,
    key: &ChunkKey,
    mut take: impl FnMut(ChunkId, &[u8]) -> Result<()>,
) -> Result<()> {
    let done = each_chunk(&pack.bytes, with, key, |chunk, plain| {
        take(chunk, plain).map_err(Ended::Other)
    });
    done.map_err(|ended| match ended {
        Ended::Format(error) => Error::Object(pack.digest, error),
        Ended::Other(error) => error,
    })
}

enum Ended {
    Format(FormatError),
    Other(Error),
}

impl From<FormatError> for Ended {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}
