//! What is known of earlier runs and of this one: packs, chunks, folders and
//! files, as compact tables. Everything refers to everything else by row number.

mod chunks;
mod load;
mod packs;
mod rows;

pub use chunks::{Chunks, NO_PACK};
pub use load::Loader;
pub use packs::{Pack, Packs};
pub use rows::Rows;

/// The tables of a run.
#[derive(Default)]
pub struct Known {
    /// Packs that are live or were stored by this run.
    pub packs: Packs,
    /// Chunks in them.
    pub chunks: Chunks,
    /// Folders as they were last seen, their words as [`crate::index::Folder`] says.
    pub folders: Rows,
    /// Everything else as it was last seen, with the contents of regular files.
    pub files: Rows,
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
    /// Its first row in the table of folders.
    pub folders_from: u32,
    /// Bytes of all its rows, those that were dropped included.
    pub bytes: u64,
}

impl Known {
    /// Where the next rows will begin.
    pub fn end(&self) -> ObjectRows {
        ObjectRows {
            chunks_from: self.chunks.len(),
            files_from: self.files.len(),
            folders_from: self.folders.len(),
            bytes: 0,
        }
    }
}

#[cfg(test)]
mod tests;
