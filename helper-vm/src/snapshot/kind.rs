//! What a snapshot is of.

/// A tree of files, or a volume as a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SnapshotKind {
    /// The files of a file system.
    #[default]
    Tree,
    /// One file with the name [`super::IMAGE_NAME`]: the whole volume.
    Image,
}

impl SnapshotKind {
    /// The word in the snapshot's text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tree => "tree",
            Self::Image => "image",
        }
    }

    /// The kind with this word.
    pub fn parse(untrusted_word: &str) -> Option<Self> {
        [Self::Tree, Self::Image]
            .into_iter()
            .find(|kind| kind.word() == untrusted_word)
    }
}
