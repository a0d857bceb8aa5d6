//! The index: what earlier runs stored and saw, so that the next one is fast.
//! It holds no names.

mod decode;
mod encode;
mod folder;
mod frames;
mod parent;
mod rules_mark;
mod word;

pub use decode::{IndexSink, read};
pub use encode::{IndexCounts, IndexWriter, InodeCounts, WriteRow};
pub use folder::{Folder, Stand};
pub use frames::{FrameRow, FramesSink, read_frames};
pub use parent::Parent;
pub use rules_mark::RulesMark;
pub use word::{Stretch, push_stretch, stretches};

use crate::pack::Place;

/// The version of the index format.
const VERSION: &str = "3";

/// A version that is still read: it has no table of frames.
const VERSION_WITHOUT_FRAMES: &str = "2";

/// Bytes of a row of the chunk table: id, pack, place.
pub(crate) const CHUNK_ROW_BYTES: u64 = 52;

/// Bytes of a row of the tables of folders and files before its words.
pub(crate) const INODE_ROW_BYTES: u64 = 32;

/// Bytes of a folder's or a file's row with its words.
pub(crate) fn inode_row_bytes(words: &[u32]) -> u64 {
    crate::number::wide(words.len())
        .saturating_mul(4)
        .saturating_add(INODE_ROW_BYTES)
}

/// A file or folder as an earlier run saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileKey {
    /// Its inode number.
    pub inode: u32,
    /// The generation of the inode.
    pub generation: u32,
    /// A keyed hash of size and times, and of what the rules made of it.
    pub fingerprint: [u8; 16],
}

/// A chunk and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkRow {
    /// Its id.
    pub id: crate::chunk_id::ChunkId,
    /// Its pack: a number in the index object's own table of packs.
    pub pack: u32,
    /// Where it lies there.
    pub place: Place,
}

#[cfg(test)]
mod tests;
