//! Hard links: one file under several names. The first name in the order of the
//! walk gets the file, the others are linked to it.

use super::names::{NameAt, Names};
use super::walk::{FolderNumber, Stopped};
use crate::format_error::FormatError;
use crate::manifest::{self, Entry, EntryName};
use std::collections::HashMap;

/// The groups of names that the survey found.
#[derive(Debug, Default)]
pub struct Links {
    groups: HashMap<u32, First>,
    names: Names,
}

/// The first name of a group.
#[derive(Clone, Copy, Debug)]
struct First {
    folder: FolderNumber,
    name: NameAt,
    /// Of everything but the name: all names of a group must agree on it.
    print: [u8; 32],
    /// The size of the file: its content is walked under its first name only.
    file_bytes: u64,
    /// How many names it has.
    count: u32,
}

/// What a name is in its group.
#[derive(Debug, PartialEq, Eq)]
pub enum Role<'a> {
    /// The name that gets the file, or the only one.
    First,
    /// Another name for the file in this folder under this name.
    Other(FolderNumber, &'a [u8]),
}

impl Links {
    /// The size of the file that an entry is another name of, which is counted; none when
    /// it is the first of its group or in none.
    ///
    /// # Errors
    /// When it contradicts an earlier name of its group.
    pub fn earlier(&mut self, entry: &Entry) -> Result<Option<u64>, FormatError> {
        let first = entry.link_group;
        let first = first.and_then(|group| self.groups.get_mut(&group));
        match first {
            None => Ok(None),
            Some(first) if first.print == print(entry) => {
                first.count = first.count.saturating_add(1);
                Ok(Some(first.file_bytes))
            }
            Some(_) => Err(FormatError::Damaged("names of one file that disagree")),
        }
    }

    /// Notes an entry that has no earlier name.
    ///
    /// # Errors
    /// When there are too many names to hold.
    pub fn note(
        &mut self,
        folder: FolderNumber,
        entry: &Entry,
        file_bytes: u64,
    ) -> Result<(), Stopped> {
        let Some(group) = entry.link_group else {
            return Ok(());
        };
        let first = First {
            folder,
            name: self.names.add(&entry.name)?,
            print: print(entry),
            file_bytes,
            count: 1,
        };
        self.groups.insert(group, first);
        Ok(())
    }

    /// How many names the file of an entry has.
    pub fn count(&self, entry: &Entry) -> u32 {
        let first = entry.link_group.and_then(|group| self.groups.get(&group));
        first.map_or(1, |first| first.count)
    }

    /// What an entry is in its group, which was noted.
    pub fn role(&self, folder: FolderNumber, entry: &Entry) -> Role<'_> {
        let first = entry.link_group.and_then(|group| self.groups.get(&group));
        match first {
            Some(first) => {
                let name = self.names.get(first.name);
                if first.folder == folder && name == entry.name.bytes() {
                    Role::First
                } else {
                    Role::Other(first.folder, name)
                }
            }
            None => Role::First,
        }
    }
}

fn print(entry: &Entry) -> [u8; 32] {
    let mut bytes = Vec::new();
    if let Some(name) = EntryName::new(b"-") {
        let nameless = Entry {
            name,
            ..entry.clone()
        };
        manifest::append(&mut bytes, &nameless);
    }
    *blake3::hash(&bytes).as_bytes()
}
