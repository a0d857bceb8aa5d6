//! Writing rows of the tables as an index object.

use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::index::{
    ChunkRow, Folder, IndexCounts, IndexWriter, InodeCounts, RulesMark, Stretch, WriteRow,
    push_stretch, stretches,
};
use crate::known::{Known, NO_PACK, ObjectRows, Rows};
use crate::number::{place, short, wide};
use crate::seal::{SealTo, Sealed};
use qib_rpc::id::{Digest, QubeId};
use std::collections::HashMap;
use std::io;

/// Which rows to write.
#[derive(Clone, Copy, Debug)]
pub struct From {
    /// The first rows.
    pub rows: ObjectRows,
    /// True when chunks that this snapshot does not need are dropped. The tables
    /// of an interrupted run do not know yet.
    pub needed_only: bool,
}

const NONE: u32 = u32::MAX;

/// The rows as an index object; `None` when there are none.
///
/// # Errors
/// When sealing fails.
pub fn seal(
    known: &Known,
    from: From,
    to: &SealTo,
    qube: QubeId,
    rules: RulesMark,
) -> Result<Option<Sealed>> {
    let mut part = Part::new(known, from);
    part.choose_folders(from.rows.folders_from);
    part.choose_files(from.rows.files_from);
    if part.chunks.is_empty() && part.files.is_empty() && part.folders.is_empty() {
        return Ok(None);
    }
    part.write(to, qube, rules).map(Some).map_err(Error::Helper)
}

/// The rows from one on that a later run may believe.
pub fn lasting(rows: &Rows, from: u32) -> impl Iterator<Item = u32> + '_ {
    let rows_from = from..rows.len();
    rows_from.filter(|row| rows.is_worth_keeping(*row) && rows.is_current(*row))
}

struct Part<'a> {
    known: &'a Known,
    chunks: Vec<u32>,
    borrowed: Vec<u32>,
    folders: Vec<u32>,
    files: Vec<u32>,
    packs: Vec<Digest>,
    /// Row of the tables → number in the object.
    chunk_numbers: Vec<u32>,
    pack_numbers: HashMap<u32, u32>,
}

impl<'a> Part<'a> {
    fn new(known: &'a Known, from: From) -> Self {
        let mut part = Self {
            known,
            chunks: Vec::new(),
            borrowed: Vec::new(),
            folders: Vec::new(),
            files: Vec::new(),
            packs: Vec::new(),
            chunk_numbers: vec![NONE; place(known.chunks.len())],
            pack_numbers: HashMap::new(),
        };
        for row in from.rows.chunks_from..known.chunks.len() {
            if !from.needed_only || known.chunks.is_needed(row) {
                part.choose_chunk(row);
            }
        }
        part
    }

    fn choose_chunk(&mut self, row: u32) {
        let Some((pack, _)) = self
            .known
            .chunks
            .place(row)
            .filter(|(pack, _)| *pack != NO_PACK)
        else {
            return;
        };
        let Some(found) = self.known.packs.get(pack) else {
            return;
        };
        let next = short(self.packs.len()).unwrap_or(NONE);
        if *self.pack_numbers.entry(pack).or_insert(next) == next {
            self.packs.push(found.digest);
        }
        self.number(row, self.chunks.len());
        self.chunks.push(row);
    }

    fn number(&mut self, row: u32, number: usize) {
        if let Some(slot) = self.chunk_numbers.get_mut(place(row)) {
            *slot = short(number).unwrap_or(NONE);
        }
    }

    fn choose_folders(&mut self, from: u32) {
        let folders = &self.known.folders;
        self.folders = sorted(folders, from);
        for row in self.folders.clone() {
            let folder = Folder::of_words(folders.words(row));
            for piece in folder.into_iter().flat_map(|folder| folder.pieces) {
                self.borrow_chunk(piece);
            }
        }
    }

    fn choose_files(&mut self, from: u32) {
        let files = &self.known.files;
        self.files = sorted(files, from);
        for row in self.files.clone() {
            for stretch in stretches(files.words(row)) {
                if let Some(Stretch::Chunk(chunk)) = stretch {
                    self.borrow_chunk(chunk);
                }
            }
        }
    }

    fn borrow_chunk(&mut self, row: u32) {
        if self.chunk_numbers.get(place(row)) == Some(&NONE) {
            let number = self.chunks.len().saturating_add(self.borrowed.len());
            self.number(row, number);
            self.borrowed.push(row);
        }
    }

    fn write(&self, to: &SealTo, qube: QubeId, rules: RulesMark) -> io::Result<Sealed> {
        let counts = IndexCounts {
            packs: wide(self.packs.len()),
            chunks: wide(self.chunks.len()),
            borrowed: wide(self.borrowed.len()),
            folders: counts(&self.known.folders, &self.folders),
            files: counts(&self.known.files, &self.files),
        };
        let mut writer = IndexWriter::new(to, qube, rules, counts)?;
        writer.packs(self.packs.iter().copied())?;
        writer.chunks(self.chunks.iter().filter_map(|row| self.chunk(*row)))?;
        writer.borrowed(self.borrowed.iter().filter_map(|row| self.id(*row)))?;
        writer.folders(|write| self.write_folders(write))?;
        writer.files(|write| self.write_files(write))
    }

    fn id(&self, row: u32) -> Option<ChunkId> {
        self.known.chunks.id(row)
    }

    fn chunk(&self, row: u32) -> Option<ChunkRow> {
        let (pack, place) = self.known.chunks.place(row)?;
        Some(ChunkRow {
            id: self.id(row)?,
            pack: *self.pack_numbers.get(&pack)?,
            place,
        })
    }

    fn write_folders(&self, write: &mut WriteRow) -> io::Result<()> {
        let folders = &self.known.folders;
        for row in &self.folders {
            let folder = Folder::of_words(folders.words(*row));
            let mut folder = folder.ok_or(io::ErrorKind::InvalidData)?;
            for piece in &mut folder.pieces {
                *piece = self.chunk_number(*piece);
            }
            let words = folder.words().ok_or(io::ErrorKind::InvalidData)?;
            let key = folders.key(*row).ok_or(io::ErrorKind::InvalidData)?;
            write(key, folders.parent(*row), &words)?;
        }
        Ok(())
    }

    fn write_files(&self, write: &mut WriteRow) -> io::Result<()> {
        let files = &self.known.files;
        let mut words = Vec::new();
        for row in &self.files {
            words.clear();
            for stretch in stretches(files.words(*row)) {
                let stretch = match stretch.ok_or(io::ErrorKind::InvalidData)? {
                    Stretch::Chunk(chunk) => Stretch::Chunk(self.chunk_number(chunk)),
                    hole @ Stretch::Hole(_) => hole,
                };
                if !push_stretch(&mut words, stretch) {
                    return Err(io::ErrorKind::InvalidData.into());
                }
            }
            let key = files.key(*row).ok_or(io::ErrorKind::InvalidData)?;
            write(key, files.parent(*row), &words)?;
        }
        Ok(())
    }

    fn chunk_number(&self, row: u32) -> u32 {
        let number = self.chunk_numbers.get(place(row));
        number.copied().unwrap_or(NONE)
    }
}

/// The rows to write, in ascending order of inodes.
fn sorted(rows: &Rows, from: u32) -> Vec<u32> {
    let mut chosen: Vec<u32> = lasting(rows, from).collect();
    chosen.sort_unstable_by_key(|row| rows.key(*row).map_or(0, |key| key.inode));
    chosen
}

fn counts(rows: &Rows, chosen: &[u32]) -> InodeCounts {
    let words = chosen.iter().map(|row| wide(rows.words(*row).len()));
    InodeCounts {
        rows: wide(chosen.len()),
        words: words.fold(0, u64::saturating_add),
    }
}
