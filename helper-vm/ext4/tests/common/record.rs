//! What is compared between two readers of one file.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};

/// Everything about one name. Paths are bytes, relative to the root, which is empty.
pub type Tree = BTreeMap<Vec<u8>, Record>;

#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Record {
    pub inode: u64,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub links: u64,
    pub blocks: u64,
    pub atime: (i64, i64),
    pub mtime: (i64, i64),
    pub ctime: (i64, i64),
    pub crtime: Option<(i64, u32)>,
    pub device: Option<(u32, u32)>,
    /// Immutable, append only, no dump.
    pub flags: (bool, bool, bool),
    pub target: Option<Vec<u8>>,
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Start and end of each range that is not a hole.
    pub data: Vec<(u64, u64)>,
    /// Of the bytes in those ranges.
    pub hash: u64,
    /// Of the whole file, holes as zeros, where it is short enough.
    pub whole_hash: Option<u64>,
}

/// Files up to this size are also read from end to end.
pub const WHOLE_MAX: u64 = 64 << 20;

pub fn hash(bytes: &[u8], hasher: &mut DefaultHasher) {
    hasher.write(bytes);
}

/// Compares two trees and names the first difference.
pub fn assert_same(ours: &Tree, kernel: &Tree) {
    for (path, record) in kernel {
        let name = String::from_utf8_lossy(path);
        assert_eq!(
            ours.get(path),
            Some(record),
            "{name:?}: ours is left, the kernel's is right"
        );
    }
    let more: Vec<_> = ours
        .keys()
        .filter(|path| !kernel.contains_key(*path))
        .collect();
    assert!(
        more.is_empty(),
        "names that the kernel does not have: {more:?}"
    );
}

pub fn join(parent: &[u8], name: &[u8]) -> Vec<u8> {
    if parent.is_empty() {
        name.to_vec()
    } else {
        [parent, b"/", name].concat()
    }
}
