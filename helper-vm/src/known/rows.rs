//! A table of inodes, of files or of folders: 41 bytes a row and 4 for each word, the map included.

use crate::bits::Bits;
use crate::index::{FileKey, Parent};
use crate::number::{place, short};
use hashbrown::HashTable;

/// Where a row's words lie in the words of all.
#[derive(Clone, Copy)]
struct Span {
    start: u32,
    length: u32,
}

/// A table of inodes with their parents and words.
#[derive(Default)]
pub struct Rows {
    keys: Vec<FileKey>,
    parents: Vec<Parent>,
    spans: Vec<Span>,
    words: Vec<u32>,
    by_inode: HashTable<u32>,
    used: Bits,
    distrusted: Bits,
    unplaced: Bits,
}

impl Rows {
    /// The number of rows, those that were replaced included.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks that")]
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

    /// Adds a row; it replaces an earlier one of its inode. `None` when the table is full.
    pub fn add(&mut self, key: FileKey, parent: Parent, words: &[u32]) -> Option<u32> {
        let row = short(self.keys.len()).filter(|row| *row < u32::MAX)?;
        let start = short(self.words.len())?;
        let length = short(words.len())?;
        start.checked_add(length)?;
        self.words.extend_from_slice(words);
        self.keys.push(key);
        self.parents.push(parent);
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

    /// Notes that this snapshot holds an inode so: in its row if that says the
    /// same, else in a new one. `None` when the table or the words are full.
    pub fn note(&mut self, key: FileKey, parent: Parent, words: Option<&[u32]>) -> Option<u32> {
        let words = words?;
        let same = self.row(key.inode).filter(|row| {
            let of_it = self.key(*row) == Some(key) && self.parent(*row) == parent;
            let sound = self.is_trusted(*row) && self.is_placed(*row);
            of_it && self.words(*row) == words && sound
        });
        let row = same.or_else(|| self.add(key, parent, words))?;
        self.need(row);
        Some(row)
    }

    /// The key in a row.
    pub fn key(&self, row: u32) -> Option<FileKey> {
        self.keys.get(place(row)).copied()
    }

    /// The folder that holds the inode of a row.
    pub fn parent(&self, row: u32) -> Parent {
        self.parents
            .get(place(row))
            .copied()
            .unwrap_or(Parent::Unknown)
    }

    /// Says which folder holds the inode of a row of this run.
    pub fn set_parent(&mut self, row: u32, parent: Parent) {
        if let Some(slot) = self.parents.get_mut(place(row)) {
            *slot = parent;
        }
    }

    /// The words of a row.
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

    /// Notes that this snapshot holds the inode as the row says.
    pub fn need(&mut self, row: u32) {
        self.used.insert(row);
    }

    /// Notes that the row must not outlive this run nor be believed in it.
    pub fn distrust(&mut self, row: u32) {
        self.distrusted.insert(row);
    }

    /// True when the row may be believed if its key fits.
    pub fn is_trusted(&self, row: u32) -> bool {
        !self.distrusted.contains(row)
    }

    /// Notes that an interrupted run read the inode, and no manifest holds it so.
    pub fn unplace(&mut self, row: u32) {
        self.unplaced.insert(row);
    }

    /// True when the manifest of the last snapshot holds the inode as the row says.
    pub fn is_placed(&self, row: u32) -> bool {
        !self.unplaced.contains(row)
    }

    /// True when this snapshot holds the inode so, and a later run may believe that.
    pub fn is_worth_keeping(&self, row: u32) -> bool {
        self.used.contains(row) && self.is_trusted(row)
    }

    /// True when no later row replaced this one.
    pub fn is_current(&self, row: u32) -> bool {
        let key = self.key(row);
        key.is_some_and(|key| self.row(key.inode) == Some(row))
    }

    /// The rows that no later ones replaced.
    pub fn current(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).filter(|row| self.is_current(*row))
    }
}

/// Spreads inode numbers, which come in runs, over the map.
fn hash(inode: u32) -> u64 {
    u64::from(inode)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(32)
}
