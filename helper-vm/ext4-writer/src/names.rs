//! The names of a directory that is being made, until all of them are known.

use qib_ext4::FileType;

use crate::fields::narrow;

/// A name, and the inode that it leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a> {
    pub(crate) inode: u32,
    pub(crate) file_type: FileType,
    pub(crate) bytes: &'a [u8],
}

/// Names in the order in which they came. Each takes 14 bytes and its own length.
#[derive(Debug, Default)]
pub(crate) struct Names {
    rows: Vec<Row>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    inode: u32,
    at: u32,
    length: u8,
    file_type: FileType,
}

impl Names {
    /// Adds a name; false when there is no more room for names.
    #[must_use]
    pub(crate) fn push(&mut self, name: Name<'_>) -> bool {
        let (at, length) = (
            u32::try_from(self.bytes.len()),
            u8::try_from(name.bytes.len()),
        );
        let (Ok(at), Ok(length)) = (at, length) else {
            return false;
        };
        self.bytes.extend_from_slice(name.bytes);
        self.rows.push(Row {
            inode: name.inode,
            at,
            length,
            file_type: name.file_type,
        });
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn get(&self, number: usize) -> Option<Name<'_>> {
        let row = self.rows.get(number)?;
        let at = narrow(row.at);
        Some(Name {
            inode: row.inode,
            file_type: row.file_type,
            bytes: self.bytes.get(at..at + usize::from(row.length))?,
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Name<'_>> {
        (0..self.len()).filter_map(|number| self.get(number))
    }
}
