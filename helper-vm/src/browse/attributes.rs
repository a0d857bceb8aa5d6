//! What the kernel is told of an inode.

use super::ask::Ino;
use crate::manifest::{Entry, Meta, Node};
use fuser::{FileAttr, FileType, INodeNo};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Folders that are none of a snapshot's: everybody may look into them.
const OPEN_MODE: u32 = 0o755;

/// Nobody may change what was found.
const TEXT_MODE: u32 = 0o444;

/// Of a folder that holds snapshots, or is one.
pub fn of_folder(ino: Ino, seconds: i64) -> FileAttr {
    let meta = Meta {
        mode: OPEN_MODE,
        seconds,
        ..Meta::default()
    };
    of(ino, &meta, FileType::Directory, 0)
}

/// Of a text of so many bytes that everybody may read.
pub fn of_text(ino: Ino, seconds: i64, bytes: u64) -> FileAttr {
    let meta = Meta {
        mode: TEXT_MODE,
        seconds,
        ..Meta::default()
    };
    of(ino, &meta, FileType::RegularFile, bytes)
}

/// Of an entry; a file has so many bytes.
pub fn of_entry(ino: Ino, entry: &Entry, bytes: u64) -> FileAttr {
    let size = match &entry.node {
        Node::Symlink(target) => crate::number::wide(target.len()),
        _ => bytes,
    };
    let (major, minor) = match entry.node {
        Node::CharDevice(major, minor) | Node::BlockDevice(major, minor) => (major, minor),
        _ => (0, 0),
    };
    FileAttr {
        rdev: device(major, minor),
        nlink: if entry.link_group.is_some() { 2 } else { 1 },
        ..of(ino, &entry.meta, kind(entry), size)
    }
}

/// What an entry is.
pub fn kind(entry: &Entry) -> FileType {
    match entry.node {
        Node::File(_) => FileType::RegularFile,
        Node::Directory(_) => FileType::Directory,
        Node::Symlink(_) => FileType::Symlink,
        Node::CharDevice(..) => FileType::CharDevice,
        Node::BlockDevice(..) => FileType::BlockDevice,
        Node::Fifo => FileType::NamedPipe,
    }
}

fn of(ino: Ino, meta: &Meta, kind: FileType, size: u64) -> FileAttr {
    let changed = time(meta.seconds, meta.nanoseconds);
    FileAttr {
        ino: INodeNo(ino),
        size,
        blocks: size.div_ceil(512),
        atime: changed,
        mtime: changed,
        ctime: changed,
        crtime: changed,
        kind,
        perm: u16::try_from(meta.mode & 0o7777).unwrap_or_default(),
        nlink: 1,
        uid: meta.uid,
        gid: meta.gid,
        rdev: 0,
        blksize: 4096,
        flags: 0,
    }
}

fn time(seconds: i64, nanoseconds: u32) -> SystemTime {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let second = if seconds < 0 {
        UNIX_EPOCH.checked_sub(whole)
    } else {
        UNIX_EPOCH.checked_add(whole)
    };
    second
        .and_then(|second| second.checked_add(Duration::from_nanos(nanoseconds.into())))
        .unwrap_or(UNIX_EPOCH)
}

/// A device's numbers as the kernel packs them for FUSE.
const fn device(major: u32, minor: u32) -> u32 {
    (minor & 0xff) | (major << 8) | ((minor & !0xff) << 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_have_their_nanoseconds_too() {
        let before = UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(time(-2, 500_000_000), before);
        assert_eq!(time(i64::MAX, u32::MAX), UNIX_EPOCH, "no such time");
    }

    #[test]
    fn devices_are_packed_as_the_kernel_packs_them() {
        assert_eq!(device(8, 1), 0x801);
        assert_eq!(device(0xfff, 0xf_ffff), u32::MAX);
        assert_eq!(device(1, 0x1234), 0x0120_0134);
    }
}
