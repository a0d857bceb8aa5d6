//! `qib.Browse`: a helper shows snapshots as folders, to whoever looks into it.

use super::backup::IndexObjects;
use crate::count::Counts;
use crate::id::{Digest, QubeId, SessionId};
use crate::key::{ChunkKey, Identity, IndexSeed};
use crate::name::QubeName;
use serde::{Deserialize, Serialize};

/// dom0 → helper, first: whose snapshots to show. Each follows as a [`BrowseSnapshot`], then
/// `JobEnd`. Answered by [`Browsing`], progress for as long as somebody looks, and [`Browsed`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BrowseJob {
    /// The argument with which to call `qib.Get`.
    pub session: SessionId,
    /// Whom to call.
    pub storage: QubeName,
    /// Whose snapshots they are.
    pub qube: QubeId,
    /// Keys chunk ids.
    pub chunk_key: ChunkKey,
    /// Opens packs and snapshots.
    pub data_identity: Identity,
    /// The seed of the identity that index objects are sealed to.
    pub index_seed: IndexSeed,
}

/// dom0 → helper: a snapshot to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowseSnapshot {
    /// The name of its folder.
    pub folder: FolderLabel,
    /// When it was made, in seconds since 1970.
    pub time: i64,
    /// The number that it must have.
    pub sequence: u64,
    /// Its object.
    pub snapshot: Digest,
    /// The index objects that say where its chunks lie, oldest first.
    pub index: IndexObjects,
}

/// helper → dom0: the folders are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browsing {}

/// helper → dom0, last: nobody looks any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browsed {
    /// What was fetched.
    pub counts: Counts,
}

/// The name of a folder: 1 to 64 of `[0-9A-Za-z_.-]`, the first no dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FolderLabel(String);

impl FolderLabel {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for FolderLabel {
    type Error = &'static str;

    fn try_from(untrusted_text: String) -> Result<Self, Self::Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let is_one = (1..=64).contains(&untrusted_text.len())
            && untrusted_text.bytes().all(plain)
            && !untrusted_text.starts_with('.');
        is_one
            .then_some(Self(untrusted_text))
            .ok_or("not the name of a folder")
    }
}

impl From<FolderLabel> for String {
    fn from(label: FolderLabel) -> Self {
        label.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_plain_name() {
        for good in ["2026-11-30_12-15-03_7", "a", "A.b"] {
            assert_eq!(
                FolderLabel::try_from(good.to_owned()).unwrap().as_str(),
                good
            );
        }
        let long = "a".repeat(65);
        for bad in ["", ".", "..", ".a", "a/b", "a b", "a\n", "\u{e4}", &long] {
            assert!(FolderLabel::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
    }
}
