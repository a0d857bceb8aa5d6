//! Which chunk belongs where: a table that is sorted once and then only asked.

use super::names::{NameAt, Names};
use super::runs::Run;
use super::survey::Survey;
use super::walk::FolderNumber;
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::manifest::EntryName;
use crate::number::{narrow, place, short};
use std::sync::atomic::{AtomicBool, Ordering};

/// A file with data, by its place in the order of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileNumber(u32);

/// A place that wants a chunk.
#[derive(Clone, Copy, Debug)]
pub struct Want {
    chunk: ChunkId,
    /// The file.
    pub file: FileNumber,
    /// Length that the chunk must have.
    pub bytes: u32,
    /// Offset in the file.
    pub at: u64,
}

/// Every place that wants a chunk, and the files that they are in.
#[derive(Debug, Default)]
pub struct Wants {
    wants: Vec<Want>,
    files: Vec<FileRow>,
    names: Names,
    /// True for a want that was met, by its place in the table.
    met: Vec<AtomicBool>,
}

#[derive(Debug)]
struct FileRow {
    folder: FolderNumber,
    name: NameAt,
    /// True when some of it was written.
    begun: AtomicBool,
}

impl Wants {
    /// An empty table with room for what the survey found.
    pub fn new(survey: &Survey) -> Self {
        let mut names = Names::default();
        names.reserve(survey.files_with_data, survey.name_bytes);
        Self {
            wants: Vec::with_capacity(narrow(survey.runs)),
            files: Vec::with_capacity(narrow(survey.files_with_data)),
            names,
            met: Vec::new(),
        }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// When there are more than 2^32 files or names of 4 GiB.
    pub fn add_file(&mut self, folder: FolderNumber, name: &EntryName) -> Result<FileNumber> {
        let number = short(self.files.len())
            .ok_or_else(|| Error::Helper(std::io::ErrorKind::OutOfMemory.into()))?;
        self.files.push(FileRow {
            folder,
            name: self.names.add(name)?,
            begun: AtomicBool::new(false),
        });
        Ok(FileNumber(number))
    }

    /// Adds a run of a file.
    pub fn add_run(&mut self, file: FileNumber, run: Run) {
        self.wants.push(Want {
            chunk: run.chunk,
            file,
            bytes: u32::try_from(run.bytes).unwrap_or(u32::MAX),
            at: run.at,
        });
    }

    /// Everything was added.
    pub fn sort(&mut self) {
        self.wants.sort_unstable_by_key(|want| want.chunk);
        self.met.resize_with(self.wants.len(), AtomicBool::default);
    }

    /// The wants of a chunk that has not come yet; they count as met from now on.
    pub fn meet(&self, chunk: &ChunkId) -> &[Want] {
        let begin = self.wants.partition_point(|want| want.chunk < *chunk);
        let rest = self.wants.get(begin..).unwrap_or_default();
        let count = rest.iter().take_while(|want| want.chunk == *chunk).count();
        let end = begin.saturating_add(count);
        let met = self.met.get(begin..end).unwrap_or_default();
        // Of two threads with the same chunk, one meets the first want and thereby all.
        let came = |first: &AtomicBool| first.swap(true, Ordering::Relaxed);
        if met.first().is_none_or(came) {
            return &[];
        }
        for met in met {
            met.store(true, Ordering::Relaxed);
        }
        self.wants.get(begin..end).unwrap_or_default()
    }

    /// The chunks that have not come yet.
    pub fn unmet(&self) -> Vec<ChunkId> {
        let wants = self.wants.iter().zip(&self.met);
        let unmet = wants.filter(|(_, met)| !met.load(Ordering::Relaxed));
        let mut chunks: Vec<ChunkId> = unmet.map(|(want, _)| want.chunk).collect();
        chunks.dedup();
        chunks
    }

    /// True when every place has its chunk.
    pub fn all_met(&self) -> bool {
        self.met.iter().all(|met| met.load(Ordering::Relaxed))
    }

    /// The folder and the name of a file.
    pub fn file(&self, number: FileNumber) -> (FolderNumber, &[u8]) {
        let row = self.files.get(place(number.0));
        row.map_or((0, &[]), |row| (row.folder, self.names.get(row.name)))
    }

    /// True once for each file.
    pub fn begins(&self, number: FileNumber) -> bool {
        let row = self.files.get(place(number.0));
        row.is_some_and(|row| !row.begun.swap(true, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_met_once() {
        let mut wants = Wants::new(&Survey::default());
        let name = EntryName::new(b"f").unwrap();
        let file = wants.add_file(3, &name).unwrap();
        for (byte, at) in [(2, 0), (1, 10), (2, 20)] {
            let chunk = ChunkId::new([byte; 32]);
            wants.add_run(
                file,
                Run {
                    chunk,
                    at,
                    bytes: 5,
                },
            );
        }
        wants.sort();
        assert_eq!(wants.meet(&ChunkId::new([9; 32])).len(), 0);
        let places: Vec<u64> = wants
            .meet(&ChunkId::new([2; 32]))
            .iter()
            .map(|want| want.at)
            .collect();
        assert_eq!(places, [0, 20]);
        assert_eq!(wants.meet(&ChunkId::new([2; 32])).len(), 0);
        assert!(!wants.all_met());
        assert_eq!(wants.meet(&ChunkId::new([1; 32])).len(), 1);
        assert!(wants.all_met());
        assert_eq!(wants.file(file), (3, &b"f"[..]));
        assert!(wants.begins(file) && !wants.begins(file));
    }
}
