//! The files of a tree that have data, by number.

use super::names::{NameAt, Names};
use super::survey::Survey;
use super::walk::FolderNumber;
use crate::error::{Error, Result};
use crate::manifest::EntryName;
use crate::number::{narrow, place, short};

/// A file with data, by its place in the order of the walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileNumber(u32);

/// Where they are.
#[derive(Debug)]
pub struct Files {
    rows: Vec<(FolderNumber, NameAt)>,
    names: Names,
}

impl Files {
    /// An empty table with room for what the survey found.
    pub fn new(survey: &Survey) -> Self {
        let mut names = Names::default();
        names.reserve(survey.files_with_data, survey.name_bytes);
        Self {
            rows: Vec::with_capacity(narrow(survey.files_with_data)),
            names,
        }
    }

    /// Adds a file.
    ///
    /// # Errors
    /// When there are more than 2^32 files or names of 4 GiB.
    pub fn add(&mut self, folder: FolderNumber, name: &EntryName) -> Result<FileNumber> {
        let number = short(self.rows.len())
            .ok_or_else(|| Error::Helper(std::io::ErrorKind::OutOfMemory.into()))?;
        self.rows.push((folder, self.names.add(name)?));
        Ok(FileNumber(number))
    }

    /// The folder and the name of a file.
    pub fn get(&self, number: FileNumber) -> (FolderNumber, &[u8]) {
        let row = self.rows.get(place(number.0));
        row.map_or((0, &[]), |(folder, name)| (*folder, self.names.get(*name)))
    }
}
