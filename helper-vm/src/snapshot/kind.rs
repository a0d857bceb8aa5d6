//! What a snapshot is of.

use super::Disk;

/// A tree of files, a volume as a file, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnapshotKind {
    /// The files of a file system.
    #[default]
    Tree,
    /// One file with the name [`super::IMAGE_NAME`]: the whole volume.
    Image,
    /// A disk with partitions: an image with a hole where its file system lies, and the
    /// files of that in a folder with the name [`super::FILES_NAME`].
    Disk(Disk),
}

impl SnapshotKind {
    /// The word in the snapshot's text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Image => "image",
            Self::Disk(_) => "disk",
        }
    }
}
