//! What is known of earlier runs and of this one: packs, chunks and files, as
//! compact tables. Everything refers to everything else by row number.

mod chunks;
mod files;
mod load;
mod packs;

pub use chunks::{Chunks, NO_PACK};
pub use files::Files;
pub use load::Loader;
pub use packs::{Pack, Packs};

/// The tables of a run.
#[derive(Default)]
pub struct Known {
    /// Packs that are live or were stored by this run.
    pub packs: Packs,
    /// Chunks in them.
    pub chunks: Chunks,
    /// Files as they were last seen.
    pub files: Files,
    /// Where the rows of each index object of the job begin.
    pub objects: Vec<ObjectRows>,
    /// Where the rows of this run begin.
    pub first_new: ObjectRows,
}

/// What an index object brought.
#[derive(Clone, Copy, Debug, Default)]
pub struct ObjectRows {
    /// Its first row in the table of chunks.
    pub chunks_from: u32,
    /// Its first row in the table of files.
    pub files_from: u32,
    /// Bytes of all its rows, those that were dropped included.
    pub bytes: u64,
}

#[cfg(test)]
mod tests;
