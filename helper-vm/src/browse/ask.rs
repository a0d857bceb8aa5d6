//! What the kernel asks of the file system, each with how to answer.

use fuser::{ReplyAttr, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyXattr};
use std::ffi::OsString;

/// The number of an inode.
pub type Ino = u64;

/// The number of a file or folder that is open.
pub type Handle = u64;

/// A question.
pub enum Ask {
    /// What has this name in a folder?
    Lookup(Ino, OsString, ReplyEntry),
    /// So many answers to that are not needed any more.
    Forget(Ino, u64),
    /// What is known of an inode?
    Attributes(Ino, ReplyAttr),
    /// Where does a symbolic link point?
    Target(Ino, ReplyData),
    /// Opens a file.
    OpenFile(Ino, ReplyOpen),
    /// So many bytes of it from there.
    Read(Handle, u64, u32, ReplyData),
    /// Opens a folder.
    OpenFolder(Ino, ReplyOpen),
    /// Its entries from that one on.
    List(Handle, u64, ReplyDirectory),
    /// Closes either.
    Close(Handle, ReplyEmpty),
    /// An extended attribute, if it fits in so many bytes; 0 asks how long it is.
    Xattr(Ino, OsString, u32, ReplyXattr),
    /// The names of all, likewise.
    XattrNames(Ino, u32, ReplyXattr),
}
