//! tar streams as qib writes them: ustar headers and, where those are too
//! narrow, PAX records before them.
//!
//! The tar crate knows the headers. The PAX records are read and written here:
//! that crate splits them at newlines, which binary xattrs may contain.

mod pax;
mod read;
mod write;

pub use read::{each, each_in, text, until};
pub use write::{end, member, padding};

/// tar's block, in bytes.
pub const BLOCK_BYTES: usize = 512;

/// What a member says before its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The member's name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: MemberKind,
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
    /// Where a symbolic link points.
    pub link: Vec<u8>,
    /// Major and minor number of a device.
    pub device: (u32, u32),
    /// Names and values of extended attributes, sorted by name.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Length of the content that follows.
    pub content_bytes: u64,
}

/// What a member is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MemberKind {
    /// A regular file.
    #[default]
    File,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A directory.
    Directory,
    /// A FIFO.
    Fifo,
    /// Another name of a file: no member of what qib stores.
    HardLink,
}

impl MemberKind {
    /// What qib stores.
    const STORED: [Self; 6] = [
        Self::File,
        Self::Symlink,
        Self::CharDevice,
        Self::BlockDevice,
        Self::Directory,
        Self::Fifo,
    ];

    const fn entry_type(self) -> tar::EntryType {
        match self {
            Self::File => tar::EntryType::Regular,
            Self::Symlink => tar::EntryType::Symlink,
            Self::CharDevice => tar::EntryType::Char,
            Self::BlockDevice => tar::EntryType::Block,
            Self::Directory => tar::EntryType::Directory,
            Self::Fifo => tar::EntryType::Fifo,
            Self::HardLink => tar::EntryType::Link,
        }
    }
}

impl Head {
    /// A plain file of qib's own, such as a chunk or a table.
    pub fn plain(name: &[u8], content_bytes: u64) -> Self {
        Self {
            name: name.to_vec(),
            mode: 0o644,
            content_bytes,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests;
