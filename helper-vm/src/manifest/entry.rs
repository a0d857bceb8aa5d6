//! Entries of a directory, as a backup found them.

use super::content::{Content, Part};

/// The name of an entry: 1 to 255 bytes, no `/`, no NUL, neither `.` nor `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryName(Vec<u8>);

impl EntryName {
    /// Checks a name.
    pub fn new(untrusted_name: &[u8]) -> Option<Self> {
        let fits = (1..=255).contains(&untrusted_name.len());
        let one_step = !untrusted_name.contains(&b'/') && !matches!(untrusted_name, b"." | b"..");
        (fits && one_step && !untrusted_name.contains(&0)).then(|| Self(untrusted_name.to_vec()))
    }

    /// The bytes of the name.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What every entry has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Permission bits, with setuid, setgid and sticky.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last change of the content, in seconds since 1970.
    pub seconds: i64,
    /// Nanoseconds to add to `seconds`, under 1,000,000,000.
    pub nanoseconds: u32,
    /// Names and values of extended attributes, sorted by name. ACLs are in the
    /// form in which the kernel shows them.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File(Content),
    /// A directory and the pieces that hold its entries: chunks or lists, no holes.
    Directory(Vec<Part>),
    /// A symbolic link and where it points: 1 to 4,095 bytes without NUL.
    Symlink(Vec<u8>),
    /// A character device with its major and minor number.
    CharDevice(u32, u32),
    /// A block device with its major and minor number.
    BlockDevice(u32, u32),
    /// A FIFO.
    Fifo,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: EntryName,
    /// What every entry has.
    pub meta: Meta,
    /// What it is.
    pub node: Node,
    /// The same number at every name of a file that has more than one. Never on
    /// a directory.
    pub link_group: Option<u32>,
}
