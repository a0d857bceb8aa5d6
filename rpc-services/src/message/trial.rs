//! What a dry run finds out besides: numbers, and no names.

use crate::count::LeftOut;
use crate::limit::{LARGE_FOLDERS, LARGE_FOLDERS_DEPTH};
use serde::{Deserialize, Serialize};

/// A part of the summary of a dry run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// What the qube's own rules, which are not obeyed, would leave out of what is in the backup.
    pub would_leave_out: LeftOut,
    /// The largest folders.
    pub largest: LargeFolders,
}

/// A folder with all that is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderSize {
    /// Size of the files in it, in bytes.
    pub bytes: u64,
    /// Files, folders and others in it.
    pub entries: u64,
}

impl FolderSize {
    /// Adds what else is in it.
    pub fn add(&mut self, more: Self) {
        self.bytes = self.bytes.saturating_add(more.bytes);
        self.entries = self.entries.saturating_add(more.entries);
    }
}

type Rows = [[FolderSize; LARGE_FOLDERS]; LARGE_FOLDERS_DEPTH];

/// The largest folders of each depth, those in the root first. **Invariant:** in each row none has
/// more bytes than the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Rows", into = "Rows")]
pub struct LargeFolders(Rows);

impl LargeFolders {
    /// Takes a folder in, which may push a smaller one out. In the root, the depth is 1.
    pub fn add(&mut self, depth: usize, folder: FolderSize) {
        let row = depth.checked_sub(1).and_then(|depth| self.0.get_mut(depth));
        let Some(row) = row else { return };
        if let Some(last) = row.last_mut().filter(|last| last.bytes < folder.bytes) {
            *last = folder;
            row.sort_by_key(|folder| std::cmp::Reverse(folder.bytes));
        }
    }

    /// The folders of each depth.
    pub fn by_depth(&self) -> impl Iterator<Item = &[FolderSize]> {
        let with_bytes =
            |row: &'_ [FolderSize; LARGE_FOLDERS]| row.partition_point(|folder| folder.bytes > 0);
        self.0
            .iter()
            .map(move |row| row.get(..with_bytes(row)).unwrap_or_default())
    }
}

impl TryFrom<Rows> for LargeFolders {
    type Error = &'static str;

    fn try_from(untrusted_rows: Rows) -> Result<Self, Self::Error> {
        let sorted =
            |row: &[FolderSize; LARGE_FOLDERS]| row.is_sorted_by(|a, b| a.bytes >= b.bytes);
        if untrusted_rows.iter().all(sorted) {
            Ok(Self(untrusted_rows))
        } else {
            Err("folders that are out of order")
        }
    }
}

impl From<LargeFolders> for Rows {
    fn from(folders: LargeFolders) -> Self {
        folders.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_largest_stay_whatever_their_order(sizes in proptest::collection::vec(1_u64..1000, 0..40)) {
            let mut folders = LargeFolders::default();
            for bytes in &sizes {
                folders.add(2, FolderSize { bytes: *bytes, entries: 1 });
            }
            let mut expected = sizes;
            expected.sort_unstable_by(|a, b| b.cmp(a));
            expected.truncate(LARGE_FOLDERS);
            let found: Vec<Vec<u64>> = folders
                .by_depth()
                .map(|row| row.iter().map(|folder| folder.bytes).collect())
                .collect();
            prop_assert_eq!(found, [vec![], expected, vec![], vec![]]);
            prop_assert_eq!(LargeFolders::try_from(Rows::from(folders.clone())), Ok(folders));
        }
    }

    #[test]
    fn folders_too_deep_are_not_taken_and_lists_out_of_order_are_refused() {
        let mut folders = LargeFolders::default();
        for depth in [0, LARGE_FOLDERS_DEPTH + 1] {
            folders.add(
                depth,
                FolderSize {
                    bytes: 1,
                    entries: 1,
                },
            );
        }
        assert_eq!(folders, LargeFolders::default());
        let mut rows = Rows::default();
        rows[0][1].bytes = 1;
        assert!(LargeFolders::try_from(rows).is_err());
    }
}
