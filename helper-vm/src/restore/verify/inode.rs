//! An inode on the volume, held against an entry of the manifest.

use crate::manifest::{Meta, Node};
use crate::number::wide;
use qib_ext4::{FileType, Inode, Timestamp, Xattr};

/// Above this a directory's links are not counted.
pub const MOST_LINKS: u32 = 65_000;

/// The first second that an inode can name, and the last.
const SECONDS: (i64, i64) = (-0x8000_0000, 0x3_7FFF_FFFF);

/// What an entry is on the volume.
pub fn file_type(node: &Node) -> FileType {
    match node {
        Node::File(_) => FileType::Regular,
        Node::Directory(_) => FileType::Directory,
        Node::Symlink(_) => FileType::Symlink,
        Node::CharDevice(..) => FileType::CharDevice,
        Node::BlockDevice(..) => FileType::BlockDevice,
        Node::Fifo => FileType::Fifo,
    }
}

/// Whether an inode has this type, this metadata and so many names.
pub fn is_same(found: &Inode, file_type: FileType, meta: &Meta, links: u32) -> bool {
    found.file_type == file_type
        && u32::from(found.permissions) == meta.mode & 0o7777
        && (found.uid, found.gid) == (meta.uid, meta.gid)
        && u32::from(found.links) == links
        && is_same_time(found, meta)
}

/// A time that no inode can name has become the nearest; short inodes know no nanoseconds.
fn is_same_time(found: &Inode, meta: &Meta) -> bool {
    let is_short = found.crtime.is_none();
    let (first, last) = SECONDS;
    let last = if is_short { i64::from(i32::MAX) } else { last };
    let seconds = meta.seconds.clamp(first, last);
    let has_fine = !is_short && seconds == meta.seconds;
    let nanoseconds = if has_fine { meta.nanoseconds } else { 0 };
    found.mtime
        == Timestamp {
            seconds,
            nanoseconds,
        }
}

/// How many attributes are not there; none when one is there that must not be.
pub fn missing(there: &[Xattr], expected: &[(Vec<u8>, Vec<u8>)]) -> Option<u64> {
    let is_expected = |found: &Xattr| {
        let same =
            |(name, value): &(Vec<u8>, Vec<u8>)| *name == found.name && *value == found.value;
        expected.iter().any(same)
    };
    let missing = expected.len().checked_sub(there.len());
    let all = there.iter().all(is_expected);
    missing.filter(|_| all).map(wide)
}
