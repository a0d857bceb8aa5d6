//! A tree as the kernel shows it, by folder descriptors: paths may be of any length.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, fstat, lgetxattr, llistxattr, openat,
    readlinkat, statat,
};

use super::{Content, More, Node, Tree, content};

/// Reads the tree below `folder`.
pub fn read(folder: &Path) -> Result<Tree> {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    let root = openat(CWD, folder, flags, Mode::empty())?;
    let mut walk = Walk {
        tree: Tree::new(),
        links: HashMap::new(),
    };
    let stat = fstat(&root)?;
    walk.add(
        Vec::new(),
        &stat,
        Content::None,
        more(&stat, root.as_fd(), None, Vec::new())?,
    );
    // An explicit stack: trees may be deeper than the thread's.
    let mut left = Vec::new();
    walk.folder(root, &[], &mut left)?;
    while let Some(Left { parent, name, path }) = left.pop() {
        let flags = flags | OFlags::NOFOLLOW;
        let folder = openat(&*parent, OsStr::from_bytes(&name), flags, Mode::empty())?;
        walk.folder(folder, &path, &mut left)
            .with_context(|| path.escape_ascii().to_string())?;
    }
    Ok(name_links(walk))
}

/// A folder still to be read; opened only then, so that few are open at once.
struct Left {
    parent: Rc<OwnedFd>,
    name: Vec<u8>,
    path: Vec<u8>,
}

struct Walk {
    tree: Tree,
    /// The paths of every file that has several.
    links: HashMap<u64, Vec<Vec<u8>>>,
}

/// Names hard links by the first of their paths.
fn name_links(mut walk: Walk) -> Tree {
    for paths in walk.links.into_values() {
        let first = paths.iter().min().cloned();
        for path in &paths {
            if let Some(node) = walk.tree.get_mut(path) {
                node.first_link = first.clone();
            }
        }
    }
    walk.tree
}

impl Walk {
    fn folder(&mut self, folder: OwnedFd, path: &[u8], left: &mut Vec<Left>) -> Result<()> {
        let folder = Rc::new(folder);
        let mut names: Vec<Vec<u8>> = Dir::read_from(&*folder)?
            .map(|entry| Ok(entry?.file_name().to_bytes().to_vec()))
            .collect::<Result<_>>()?;
        names.retain(|name| name != b"." && name != b"..");
        names.sort();
        for name in names {
            let whole = if path.is_empty() {
                name.clone()
            } else {
                [path, b"/", &name].concat()
            };
            self.entry(&folder, &name, whole, left)?;
        }
        Ok(())
    }

    fn entry(
        &mut self,
        folder: &Rc<OwnedFd>,
        bytes: &[u8],
        path: Vec<u8>,
        left: &mut Vec<Left>,
    ) -> Result<()> {
        let name = OsStr::from_bytes(bytes);
        let stat = statat(&**folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let mut data = Vec::new();
        let content = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let mut file = File::from(openat(&**folder, name, flags, Mode::empty())?);
                data = content::data(&file)?;
                content::hash(&mut file)?
            }
            FileType::Symlink => {
                Content::Target(readlinkat(&**folder, name, Vec::new())?.into_bytes())
            }
            FileType::Directory => {
                let (parent, name, path) = (Rc::clone(folder), bytes.to_vec(), path.clone());
                left.push(Left { parent, name, path });
                Content::None
            }
            _ => Content::None,
        };
        let more = more(&stat, folder.as_fd(), Some(name), data)?;
        self.add(path, &stat, content, more);
        Ok(())
    }

    fn add(&mut self, path: Vec<u8>, stat: &Stat, content: Content, more: More) {
        let kind = FileType::from_raw_mode(stat.st_mode);
        if stat.st_nlink > 1 && kind != FileType::Directory {
            self.links
                .entry(stat.st_ino)
                .or_default()
                .push(path.clone());
        }
        let (kind, mode) = (word(kind), stat.st_mode & 0o7777);
        let node = Node {
            kind,
            mode,
            content,
            first_link: None,
            more: Some(more),
        };
        self.tree.insert(path, node);
    }
}

fn more(
    stat: &Stat,
    folder: BorrowedFd<'_>,
    name: Option<&OsStr>,
    data: Vec<(u64, u64)>,
) -> Result<More> {
    Ok(More {
        owner: (stat.st_uid, stat.st_gid),
        modified: (stat.st_mtime, u32::try_from(stat.st_mtime_nsec)?),
        device: stat.st_rdev,
        attributes: attributes(folder, name)?,
        data,
    })
}

/// Extended attributes have no call by folder descriptor that follows no link, but
/// `/proc/self/fd` leads to the folder.
fn attributes(folder: BorrowedFd<'_>, name: Option<&OsStr>) -> Result<BTreeMap<Vec<u8>, Vec<u8>>> {
    use std::os::fd::AsRawFd;
    let mut path = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string());
    path.push(name.unwrap_or(OsStr::new(".")));
    let mut names = vec![0u8; 64 << 10];
    let length = match llistxattr(&path, names.as_mut_slice()) {
        Err(rustix::io::Errno::OPNOTSUPP) => 0,
        result => result?,
    };
    names.truncate(length);
    let mut attributes = BTreeMap::new();
    for name in names.split_inclusive(|byte| *byte == 0) {
        let mut value = vec![0u8; 64 << 10];
        let length = lgetxattr(
            &path,
            CStr::from_bytes_with_nul(name)?,
            value.as_mut_slice(),
        )?;
        value.truncate(length);
        attributes.insert(name.strip_suffix(b"\0").unwrap_or(name).to_vec(), value);
    }
    Ok(attributes)
}

fn word(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "file",
        FileType::Directory => "folder",
        FileType::Symlink => "link",
        FileType::Fifo => "fifo",
        FileType::Socket => "socket",
        FileType::BlockDevice => "block",
        FileType::CharacterDevice => "character",
        FileType::Unknown => "unknown",
    }
}
