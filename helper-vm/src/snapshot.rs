//! The snapshot object: where a backup begins, and what it needs.

mod block_size;
mod decode;
mod disk;
mod disk_lines;
mod encode;
mod kind;

use crate::manifest::{Meta, Part};
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::glob::PathRules;
use qib_rpc::id::{Digest, QubeId};
use qib_rpc::rule::Rules;

pub use block_size::BlockSize;
pub use decode::read;
pub use disk::{Disk, DiskFacts, Features, Label};
pub use encode::seal;
pub use kind::SnapshotKind;

/// The version of what is written.
const VERSION: &str = "2";

/// A version that is still read: all its snapshots are trees, and it has no word for it.
const VERSION_OF_TREES: &str = "1";

/// The name of the only file of an image, and of what a disk has beside its files.
pub const IMAGE_NAME: &[u8] = b"volume.img";

/// The name of the folder with a disk's files.
pub const FILES_NAME: &[u8] = b"files";

/// What a snapshot says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whose it is.
    pub qube: QubeId,
    /// Its number.
    pub sequence: u64,
    /// dom0's time, in seconds since 1970.
    pub time: i64,
    /// The block of its file system: a copy with larger ones may not fit its volume.
    pub block_size: BlockSize,
    /// What it is of.
    pub kind: SnapshotKind,
    /// The rules that held; a limit of sizes is read back as none.
    pub rules: Rules,
    /// The rules that went by paths; read back as none.
    pub paths: PathRules,
    /// What it holds; only the first four counts are stored.
    pub counts: Counts,
    /// What the rules left out; read back as nothing.
    pub left_out: LeftOuts,
    /// The packs it needs.
    pub packs: Vec<NeededPack>,
    /// Metadata of the root directory.
    pub root: Meta,
    /// The pieces of the root directory: chunks or lists.
    pub pieces: Vec<Part>,
}

/// A pack that a snapshot needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeededPack {
    /// Which.
    pub digest: Digest,
    /// What is in it.
    pub holds: Holds,
}

/// What the chunks of a pack are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Pieces of directories and lists: to be read first.
    Manifest,
    /// Data of files.
    Data,
}

impl Holds {
    const fn word(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Data => "data",
        }
    }
}

#[cfg(test)]
mod tests;
