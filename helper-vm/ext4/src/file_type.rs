//! The seven types of file, from an inode's mode or a directory entry.

/// What an inode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum FileType {
    Regular,
    Directory,
    Symlink,
    CharDevice,
    BlockDevice,
    Fifo,
    Socket,
}

impl FileType {
    /// From the top four bits of `i_mode`; None for a value that is no type.
    pub(crate) fn from_mode(mode: u16) -> Option<Self> {
        Some(match mode >> 12 {
            0x1 => Self::Fifo,
            0x2 => Self::CharDevice,
            0x4 => Self::Directory,
            0x6 => Self::BlockDevice,
            0x8 => Self::Regular,
            0xA => Self::Symlink,
            0xC => Self::Socket,
            _ => return None,
        })
    }

    /// From a directory entry's hint; None when the entry does not say.
    pub(crate) fn from_hint(hint: u8) -> Option<Self> {
        Some(match hint {
            1 => Self::Regular,
            2 => Self::Directory,
            3 => Self::CharDevice,
            4 => Self::BlockDevice,
            5 => Self::Fifo,
            6 => Self::Socket,
            7 => Self::Symlink,
            _ => return None,
        })
    }
}
