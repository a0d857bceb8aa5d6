//! The table of files: 37 bytes a row and 4 for each chunk, the map included.

use crate::bits::Bits;
use crate::index::FileKey;
use crate::number::{place, short};
use hashbrown::HashTable;

/// Where a content lies in the words.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    length: u32,
}

/// The table of files.
#[derive(Default)]
pub struct Files {
    keys: Vec<FileKey>,
    spans: Vec<Span>,
    words: Vec<u32>,
    by_inode: HashTable<u32>,
    used: Bits,
    racy: Bits,
}

impl Files {
    /// The number of rows, those that were replaced included.
    pub fn len(&self) -> u32 {
        short(self.keys.len()).unwrap_or(u32::MAX)
    }

    /// The row that counts for an inode.
    pub fn row(&self, inode: u32) -> Option<u32> {
        self.by_inode
            .find(hash(inode), |row| {
                self.keys
                    .get(place(*row))
                    .is_some_and(|key| key.inode == inode)
            })
            .copied()
    }

    /// Adds a file; it replaces an earlier row of its inode. `None` when the
    /// table is full.
    pub fn add(&mut self, key: FileKey, words: &[u32]) -> Option<u32> {
        let row = short(self.keys.len()).filter(|row| *row < u32::MAX)?;
        let start = short(self.words.len())?;
        let length = short(words.len())?;
        start.checked_add(length)?;
        self.words.extend_from_slice(words);
        self.keys.push(key);
        self.spans.push(Span { start, length });
        let keys = &self.keys;
        let inode_of = |row: &u32| keys.get(place(*row)).map_or(0, |key| key.inode);
        match self
            .by_inode
            .find_mut(hash(key.inode), |row| inode_of(row) == key.inode)
        {
            Some(slot) => *slot = row,
            None => {
                self.by_inode
                    .insert_unique(hash(key.inode), row, |row| hash(inode_of(row)));
            }
        }
        Some(row)
    }

    /// The key in a row.
    pub fn key(&self, row: u32) -> Option<FileKey> {
        self.keys.get(place(row)).copied()
    }

    /// The content in a row.
    pub fn words(&self, row: u32) -> &[u32] {
        self.spans
            .get(place(row))
            .and_then(|span| {
                let start = place(span.start);
                self.words
                    .get(start..start.checked_add(place(span.length))?)
            })
            .unwrap_or_default()
    }

    /// Notes that this snapshot holds the file as the row says.
    pub fn need(&mut self, row: u32) {
        self.used.insert(row);
    }

    /// Notes that the row must not outlive this run: its file may change
    /// without any sign of it.
    pub fn distrust(&mut self, row: u32) {
        self.racy.insert(row);
    }

    /// True when this snapshot holds the file so, and a later run may trust that.
    pub fn is_worth_keeping(&self, row: u32) -> bool {
        self.used.contains(row) && !self.racy.contains(row)
    }
}

/// Spreads inode numbers, which come in runs, over the map.
fn hash(inode: u32) -> u64 {
    u64::from(inode)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(32)
}
