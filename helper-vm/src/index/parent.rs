//! Which folder an inode was found in.

/// The folder that holds a name of an inode. In the index: its inode number, 0
/// for [`Parent::Unknown`], all ones for [`Parent::Many`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    /// No name was seen: an interrupted run read the inode.
    Unknown,
    /// The folder with this inode number; the root is its own.
    Folder(u32),
    /// The inode has several names: each [`super::Folder`] lists its own.
    Many,
}

impl From<u32> for Parent {
    fn from(number: u32) -> Self {
        match number {
            0 => Self::Unknown,
            u32::MAX => Self::Many,
            number => Self::Folder(number),
        }
    }
}

impl From<Parent> for u32 {
    fn from(parent: Parent) -> Self {
        match parent {
            Parent::Unknown => 0,
            Parent::Folder(number) => number,
            Parent::Many => Self::MAX,
        }
    }
}
