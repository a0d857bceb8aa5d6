//! The tree as our reader sees it.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};

use qib_ext4::{BlockReader, Error, Ext4, FileType, Inode, Timestamp};

use super::record::{Record, Tree, WHOLE_MAX, hash, join};

/// Reads everything that can be reached from the root.
pub fn tree<R: BlockReader>(fs: &Ext4<R>) -> Result<Tree, Error> {
    let mut tree = Tree::new();
    let mut seen = BTreeSet::new();
    let root = fs.root()?;
    tree.insert(Vec::new(), record(fs, &root)?);
    let mut todo = vec![(Vec::new(), root)];
    while let Some((path, directory)) = todo.pop() {
        if !seen.insert(directory.number) {
            continue;
        }
        let mut names = Vec::new();
        fs.read_dir(&directory, |entry| {
            names.push((entry.name.to_vec(), entry.inode));
        })?;
        for (name, number) in names {
            let inode = fs.inode(number)?;
            let path = join(&path, &name);
            tree.insert(path.clone(), record(fs, &inode)?);
            if inode.file_type == FileType::Directory {
                todo.push((path, inode));
            }
        }
    }
    Ok(tree)
}

pub fn record<R: BlockReader>(fs: &Ext4<R>, inode: &Inode) -> Result<Record, Error> {
    let (data, content) = data(fs, inode)?;
    let is_link = inode.file_type == FileType::Symlink;
    Ok(Record {
        inode: inode.number.get().into(),
        mode: type_bits(inode.file_type) | u32::from(inode.permissions),
        uid: inode.uid,
        gid: inode.gid,
        size: inode.size,
        links: inode.links.into(),
        blocks: blocks(inode),
        atime: time(inode.atime),
        mtime: time(inode.mtime),
        ctime: time(inode.ctime),
        crtime: inode.crtime.map(|time| (time.seconds, time.nanoseconds)),
        device: inode.device.map(|device| (device.major, device.minor)),
        flags: (
            inode.flags.immutable(),
            inode.flags.append(),
            inode.flags.nodump(),
        ),
        target: if is_link {
            Some(fs.symlink_target(inode)?)
        } else {
            None
        },
        xattrs: fs
            .xattrs(inode)?
            .into_iter()
            .map(|xattr| (xattr.name, xattr.value))
            .collect(),
        data,
        hash: content,
        whole_hash: whole_hash(fs, inode)?,
    })
}

fn type_bits(file_type: FileType) -> u32 {
    match file_type {
        FileType::Fifo => 0o010_000,
        FileType::CharDevice => 0o020_000,
        FileType::Directory => 0o040_000,
        FileType::BlockDevice => 0o060_000,
        FileType::Regular => 0o100_000,
        FileType::Symlink => 0o120_000,
        FileType::Socket => 0o140_000,
    }
}

/// The kernel adds what lies in the inode, to keep programs from taking the file for a hole.
fn blocks(inode: &Inode) -> u64 {
    let inline = inode.flags.inline_data() && inode.file_type == FileType::Regular;
    inode.blocks + if inline { inode.size.div_ceil(512) } else { 0 }
}

fn time(time: Timestamp) -> (i64, i64) {
    (time.seconds, time.nanoseconds.into())
}

/// The ranges with data and a hash of their bytes.
fn data<R: BlockReader>(fs: &Ext4<R>, inode: &Inode) -> Result<(Vec<(u64, u64)>, u64), Error> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    let mut hasher = DefaultHasher::new();
    if inode.file_type == FileType::Regular {
        let mut buffer = vec![0; 1 << 20];
        if let Some(content) = inode.inline_data()?.filter(|content| !content.is_empty()) {
            hash(&content, &mut hasher);
            ranges.push((0, content.len().try_into().unwrap()));
        }
        for extent in fs.extents(inode)? {
            let extent = extent?;
            if !extent.written {
                continue;
            }
            let mut skip = 0;
            loop {
                let count = fs.read_extent(&extent, skip, &mut buffer)?;
                if count == 0 {
                    break;
                }
                hash(&buffer[..count], &mut hasher);
                skip += u64::try_from(count).unwrap();
            }
            let end = extent.offset + extent.length;
            match ranges.last_mut() {
                Some(last) if last.1 == extent.offset => last.1 = end,
                _ => ranges.push((extent.offset, end)),
            }
        }
    }
    Ok((ranges, hasher.finish()))
}

fn whole_hash<R: BlockReader>(fs: &Ext4<R>, inode: &Inode) -> Result<Option<u64>, Error> {
    if inode.file_type != FileType::Regular || inode.size > WHOLE_MAX {
        return Ok(None);
    }
    let mut hasher = DefaultHasher::new();
    let mut reader = fs.file(inode, 0)?;
    // Not a whole number of blocks, so that reads begin and end anywhere.
    let mut buffer = vec![0xAA; 100_003];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok(Some(hasher.finish()));
        }
        hash(&buffer[..count], &mut hasher);
    }
}
