//! Walking a manifest that may lie, always in the same order.
//!
//! Chunk ids are keyed hashes, so no piece can list itself; but a small manifest
//! can name the same folder again and again. So no walk goes on for longer than
//! the snapshot's own counts say.

use super::held::{entry_bytes, meta_bytes, parts_bytes};
use super::spool::Spool;
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::manifest::{self, Entry, EntryName, Meta, Node, Part};
use crate::number::wide;
use crate::snapshot::Snapshot;
use qib_rpc::id::Digest;

/// Where the chunks of a manifest come from.
pub trait Manifest {
    /// A chunk whose id was checked, if there is one.
    ///
    /// # Errors
    /// When it can not be got.
    fn chunk(&self, id: &ChunkId) -> Result<Option<Vec<u8>>>;
}

impl Manifest for Spool {
    fn chunk(&self, id: &ChunkId) -> Result<Option<Vec<u8>>> {
        self.get(id)
    }
}

/// What the folders above the one being walked may hold in memory, in bytes.
/// Thirty folders in each other, each with more entries than fit into a piece, hold less.
const MAX_HELD_BYTES: u64 = 128 << 20;

/// A folder by its place in the order of the walk. The root is 0.
pub type FolderNumber = u32;

/// What a walk comes across.
#[derive(Debug)]
pub enum Step {
    /// A folder begins: the one above it, and its name there.
    Enter(FolderNumber, EntryName),
    /// Something that is no folder.
    Entry(FolderNumber, Entry),
    /// Everything in a folder has come.
    Leave(FolderNumber, Meta),
}

/// Why a walk stops.
pub enum Stopped {
    /// The manifest is not what the format says.
    Format(FormatError),
    /// The helper failed.
    Other(Error),
}

/// A walk from the root.
pub struct Walk<'a> {
    manifest: &'a dyn Manifest,
    levels: Vec<Level>,
    folders: FolderNumber,
    entries_left: u64,
    /// What the levels but the last hold, in bytes.
    held_bytes: u64,
}

struct Level {
    folder: FolderNumber,
    meta: Meta,
    /// The pieces still to read, the next one last.
    pieces: Vec<Part>,
    entries: std::vec::IntoIter<Entry>,
    /// What these entries hold, in bytes.
    entry_bytes: u64,
    last: Option<EntryName>,
}

impl<'a> Walk<'a> {
    /// Begins at the root.
    pub fn new(manifest: &'a dyn Manifest, snapshot: &Snapshot) -> Self {
        let counts = &snapshot.counts;
        let entries = [counts.files, counts.folders, counts.others];
        Self {
            manifest,
            levels: vec![Level::new(
                0,
                snapshot.root.clone(),
                snapshot.pieces.clone(),
            )],
            folders: 0,
            entries_left: entries.into_iter().fold(0, u64::saturating_add),
            held_bytes: 0,
        }
    }

    /// The next step; none after the root was left.
    ///
    /// # Errors
    /// Why the walk can not go on.
    pub fn next_step(&mut self) -> std::result::Result<Option<Step>, Stopped> {
        let Some(level) = self.levels.last_mut() else {
            return Ok(None);
        };
        if let Some(entry) = level.next_entry(self.manifest)? {
            return self.step(entry).map(Some);
        }
        let left = self.leave();
        Ok(left.map(|level| Step::Leave(level.folder, level.meta)))
    }

    /// The pieces of the folder that was entered by the last step: the same for the same content.
    pub fn entered(&self) -> &[Part] {
        let last = self.levels.last();
        last.map_or(&[], |level| level.pieces.as_slice())
    }

    /// Passes over the folder that was entered last: nothing in it comes, nor its end.
    pub fn pass_over(&mut self) {
        drop(self.leave());
    }

    fn leave(&mut self) -> Option<Level> {
        let left = self.levels.pop();
        let held = self.levels.last().map_or(0, Level::held_bytes);
        self.held_bytes = self.held_bytes.saturating_sub(held);
        left
    }

    fn step(&mut self, entry: Entry) -> std::result::Result<Step, Stopped> {
        let too_many = FormatError::Damaged("more entries than the snapshot counts");
        self.entries_left = self.entries_left.checked_sub(1).ok_or(too_many)?;
        let above = self.levels.last().map_or(0, |level| level.folder);
        let Node::Directory(pieces) = entry.node else {
            return Ok(Step::Entry(above, entry));
        };
        self.folders = self.folders.checked_add(1).ok_or(too_many)?;
        let held = self.levels.last().map_or(0, Level::held_bytes);
        self.held_bytes = self.held_bytes.saturating_add(held);
        if self.held_bytes > MAX_HELD_BYTES {
            return Err(FormatError::Damaged("large folders in each other without end").into());
        }
        self.levels
            .push(Level::new(self.folders, entry.meta, pieces));
        Ok(Step::Enter(above, entry.name))
    }
}

impl Level {
    fn new(folder: FolderNumber, meta: Meta, mut pieces: Vec<Part>) -> Self {
        pieces.reverse();
        Self {
            folder,
            meta,
            pieces,
            entries: Vec::new().into_iter(),
            entry_bytes: 0,
            last: None,
        }
    }

    /// What it holds while another level is walked; does not change meanwhile.
    fn held_bytes(&self) -> u64 {
        let pieces = parts_bytes(&self.pieces);
        let entries = if self.entries.len() > 0 {
            self.entry_bytes
        } else {
            0
        };
        let own = pieces.saturating_add(meta_bytes(&self.meta));
        own.saturating_add(entries)
    }

    fn next_entry(
        &mut self,
        manifest: &dyn Manifest,
    ) -> std::result::Result<Option<Entry>, Stopped> {
        loop {
            if let Some(entry) = self.entries.next() {
                return Ok(Some(entry));
            }
            let Some(piece) = self.pieces.pop() else {
                return Ok(None);
            };
            self.read(piece, manifest)?;
        }
    }

    fn read(&mut self, piece: Part, manifest: &dyn Manifest) -> std::result::Result<(), Stopped> {
        match piece {
            Part::Hole(_) => Err(FormatError::Damaged("a hole in a directory").into()),
            Part::List(id, bytes) => {
                let pieces = list(manifest, &id, bytes)?;
                self.pieces.extend(pieces.into_iter().rev());
                Ok(())
            }
            Part::Chunk(id, bytes) => {
                let entries = manifest::read(&chunk(manifest, &id, bytes)?, self.last.as_ref())?;
                let last = entries.last();
                let last = last.ok_or(FormatError::Damaged("a piece without entries"))?;
                self.last = Some(last.name.clone());
                self.entry_bytes = entries.iter().map(entry_bytes).fold(0, u64::saturating_add);
                self.entries = entries.into_iter();
                Ok(())
            }
        }
    }
}

/// The parts of a list, which must have this length.
///
/// # Errors
/// When it is not there, or no list.
pub fn list(
    manifest: &dyn Manifest,
    id: &ChunkId,
    bytes: u64,
) -> std::result::Result<Vec<Part>, Stopped> {
    Ok(Part::list(&chunk(manifest, id, bytes)?)?)
}

/// A chunk of the manifest, which must have this length.
///
/// # Errors
/// When it is not there, or has another length.
pub fn chunk(
    manifest: &dyn Manifest,
    id: &ChunkId,
    bytes: u64,
) -> std::result::Result<Vec<u8>, Stopped> {
    let plain = manifest.chunk(id).map_err(Stopped::Other)?;
    let plain = plain.ok_or(FormatError::Damaged("a piece that no pack holds"))?;
    if wide(plain.len()) == bytes {
        Ok(plain)
    } else {
        Err(FormatError::Damaged("a length that lies").into())
    }
}

impl Stopped {
    /// The same as an error about the snapshot.
    pub fn about(self, snapshot: Digest) -> Error {
        match self {
            Self::Format(error) => Error::Object(snapshot, error),
            Self::Other(error) => error,
        }
    }
}

impl From<FormatError> for Stopped {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

/// All entries of one folder, which must not have more than `most`.
///
/// # Errors
/// Why they can not be read.
pub fn entries(
    spool: &Spool,
    pieces: &[Part],
    most: usize,
) -> std::result::Result<Vec<Entry>, Stopped> {
    let mut level = Level::new(0, Meta::default(), pieces.to_vec());
    let mut entries = Vec::new();
    while let Some(entry) = level.next_entry(spool)? {
        entries.push(entry);
        if entries.len() > most {
            return Err(FormatError::Damaged("more entries than there may be").into());
        }
    }
    Ok(entries)
}
