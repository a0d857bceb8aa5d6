//! Writing rows of the tables as an index object.

use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::index::{ChunkRow, FileKey, IndexCounts, IndexWriter, Stretch, push_stretch, stretches};
use crate::known::{Known, NO_PACK};
use crate::number::{place, short, wide};
use crate::seal::{SealTo, Sealed};
use qib_rpc::id::{Digest, QubeId};
use std::collections::HashMap;
use std::io;

/// Which rows to write.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// The first row of the table of chunks.
    pub chunks_from: u32,
    /// The first row of the table of files.
    pub files_from: u32,
    /// True when rows that this snapshot does not need are dropped. The tables
    /// of an interrupted run do not know yet.
    pub needed_only: bool,
}

const NONE: u32 = u32::MAX;

/// The rows as an index object; `None` when there are none.
///
/// # Errors
/// When sealing fails.
pub fn seal(known: &Known, rows: Rows, to: &SealTo, qube: QubeId) -> Result<Option<Sealed>> {
    let mut part = Part::new(known, rows);
    part.choose_files();
    if part.chunks.is_empty() && part.files.is_empty() {
        return Ok(None);
    }
    part.write(to, qube).map(Some).map_err(Error::Helper)
}

/// True when a later run may trust the row of the table of files.
pub fn is_current(known: &Known, row: u32) -> bool {
    let key = known.files.key(row);
    let counts = key.is_some_and(|key| known.files.row(key.inode) == Some(row));
    counts && known.files.is_worth_keeping(row)
}

struct Part<'a> {
    known: &'a Known,
    rows: Rows,
    chunks: Vec<u32>,
    borrowed: Vec<u32>,
    files: Vec<u32>,
    packs: Vec<Digest>,
    /// Row of the tables → number in the object.
    chunk_numbers: Vec<u32>,
    pack_numbers: HashMap<u32, u32>,
    words: u64,
}

impl<'a> Part<'a> {
    fn new(known: &'a Known, rows: Rows) -> Self {
        let mut part = Self {
            known,
            rows,
            chunks: Vec::new(),
            borrowed: Vec::new(),
            files: Vec::new(),
            packs: Vec::new(),
            chunk_numbers: vec![NONE; place(known.chunks.len())],
            pack_numbers: HashMap::new(),
            words: 0,
        };
        for row in rows.chunks_from..known.chunks.len() {
            if !rows.needed_only || known.chunks.is_needed(row) {
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

    fn choose_files(&mut self) {
        let known = self.known;
        for row in self.rows.files_from..known.files.len() {
            if !is_current(known, row) {
                continue;
            }
            self.words = self
                .words
                .saturating_add(wide(known.files.words(row).len()));
            for stretch in stretches(known.files.words(row)) {
                if let Some(Stretch::Chunk(chunk)) = stretch {
                    self.borrow_chunk(chunk);
                }
            }
            self.files.push(row);
        }
        self.files
            .sort_unstable_by_key(|row| known.files.key(*row).map_or(0, |key| key.inode));
    }

    fn borrow_chunk(&mut self, row: u32) {
        if self.chunk_numbers.get(place(row)) == Some(&NONE) {
            let number = self.chunks.len().saturating_add(self.borrowed.len());
            self.number(row, number);
            self.borrowed.push(row);
        }
    }

    fn write(&self, to: &SealTo, qube: QubeId) -> io::Result<Sealed> {
        let counts = IndexCounts {
            packs: wide(self.packs.len()),
            chunks: wide(self.chunks.len()),
            borrowed: wide(self.borrowed.len()),
            files: wide(self.files.len()),
            words: self.words,
        };
        let mut writer = IndexWriter::new(to, qube, counts)?;
        writer.packs(self.packs.iter().copied())?;
        writer.chunks(self.chunks.iter().filter_map(|row| self.chunk(*row)))?;
        writer.borrowed(self.borrowed.iter().filter_map(|row| self.id(*row)))?;
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

    fn write_files(
        &self,
        write: &mut dyn FnMut(FileKey, &[u32]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut words = Vec::new();
        for row in &self.files {
            words.clear();
            for stretch in stretches(self.known.files.words(*row)) {
                let stretch = match stretch.ok_or(io::ErrorKind::InvalidData)? {
                    Stretch::Chunk(chunk) => {
                        let number = self.chunk_numbers.get(place(chunk));
                        Stretch::Chunk(number.copied().unwrap_or(NONE))
                    }
                    hole @ Stretch::Hole(_) => hole,
                };
                if !push_stretch(&mut words, stretch) {
                    return Err(io::ErrorKind::InvalidData.into());
                }
            }
            let key = self.known.files.key(*row);
            write(key.ok_or(io::ErrorKind::InvalidData)?, &words)?;
        }
        Ok(())
    }
}
