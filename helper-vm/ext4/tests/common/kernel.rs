//! The tree as the kernel shows it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirEntryExt, FileExt, MetadataExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, SeekFrom, StatxAttributes, StatxFlags, major, minor, statx};

use super::record::{Record, Tree, WHOLE_MAX, hash, join};

/// Reads everything below a folder, the folder itself under the empty name.
pub fn tree(root: &Path) -> Tree {
    let mut tree = Tree::new();
    // Read once only: the first time brings holes into the cache, where they count as data.
    let mut linked: BTreeMap<u64, Record> = BTreeMap::new();
    let mut todo = vec![Vec::new()];
    tree.insert(Vec::new(), record(root));
    while let Some(path) = todo.pop() {
        for entry in fs::read_dir(root.join(OsStr::from_bytes(&path))).unwrap() {
            let entry = entry.unwrap();
            let inner = join(&path, entry.file_name().as_bytes());
            if entry.file_type().unwrap().is_dir() {
                todo.push(inner.clone());
            }
            let number = entry.ino();
            let seen = linked.get(&number).cloned();
            let record = seen.unwrap_or_else(|| record(&entry.path()));
            if record.links > 1 {
                linked.insert(number, record.clone());
            }
            tree.insert(inner, record);
        }
    }
    tree
}

pub fn record(path: &Path) -> Record {
    let metadata = fs::symlink_metadata(path).unwrap();
    let more = statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::ALL).unwrap();
    let flag = |flag| more.stx_attributes.contains(flag);
    let born = StatxFlags::from_bits_retain(more.stx_mask).contains(StatxFlags::BTIME);
    let is_device = matches!(metadata.mode() >> 12, 2 | 6);
    let (data, content) = data(path, &metadata);
    Record {
        inode: metadata.ino(),
        mode: metadata.mode(),
        uid: metadata.uid(),
        gid: metadata.gid(),
        size: metadata.size(),
        links: metadata.nlink(),
        blocks: metadata.blocks(),
        atime: (metadata.atime(), metadata.atime_nsec()),
        mtime: (metadata.mtime(), metadata.mtime_nsec()),
        ctime: (metadata.ctime(), metadata.ctime_nsec()),
        crtime: born.then_some((more.stx_btime.tv_sec, more.stx_btime.tv_nsec)),
        device: is_device.then(|| (major(metadata.rdev()), minor(metadata.rdev()))),
        flags: (
            flag(StatxAttributes::IMMUTABLE),
            flag(StatxAttributes::APPEND),
            flag(StatxAttributes::NODUMP),
        ),
        target: metadata.is_symlink().then(|| link(path)),
        xattrs: xattrs(path),
        data,
        hash: content,
        whole_hash: whole_hash(path, &metadata),
    }
}

fn link(path: &Path) -> Vec<u8> {
    fs::read_link(path).unwrap().as_os_str().as_bytes().to_vec()
}

fn xattrs(path: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut names = vec![0; 1 << 16];
    let length = rustix::fs::llistxattr(path, &mut names).unwrap();
    let names = names[..length]
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty());
    let mut found: Vec<_> = names
        .map(|name| (name.to_vec(), xattr(path, name)))
        .collect();
    found.sort();
    found
}

fn xattr(path: &Path, name: &[u8]) -> Vec<u8> {
    let mut value = vec![0; 1 << 16];
    let length = rustix::fs::lgetxattr(path, OsStr::from_bytes(name), &mut value).unwrap();
    value.truncate(length);
    value
}

fn data(path: &Path, metadata: &Metadata) -> (Vec<(u64, u64)>, u64) {
    let mut ranges = Vec::new();
    let mut hasher = DefaultHasher::new();
    if metadata.is_file() {
        let file = File::open(path).unwrap();
        let mut end = 0;
        while let Ok(start) = rustix::fs::seek(&file, SeekFrom::Data(end)) {
            end = rustix::fs::seek(&file, SeekFrom::Hole(start)).unwrap();
            ranges.push((start, end));
        }
        // Only now: what was read into the cache counts as data where it was never written.
        for (start, end) in &ranges {
            hash_range(&file, *start, *end, &mut hasher).unwrap();
        }
    }
    (ranges, hasher.finish())
}

fn hash_range(file: &File, start: u64, end: u64, hasher: &mut DefaultHasher) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 20];
    let mut at = start;
    while at < end {
        let count = usize::try_from(end - at).unwrap().min(buffer.len());
        file.read_exact_at(&mut buffer[..count], at)?;
        hash(&buffer[..count], hasher);
        at += u64::try_from(count).unwrap();
    }
    Ok(())
}

fn whole_hash(path: &Path, metadata: &Metadata) -> Option<u64> {
    if !metadata.is_file() || metadata.size() > WHOLE_MAX {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    let file = File::open(path).unwrap();
    hash_range(&file, 0, metadata.size(), &mut hasher).unwrap();
    Some(hasher.finish())
}
