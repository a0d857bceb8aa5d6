//! What a reader is to find when all steps are done.

use std::hash::{DefaultHasher, Hasher};

use super::model::{Owned, Step, What};
use super::reading::record::{Record, Tree, join};
use super::volume::STAMP;

const FIRST_SECOND: i64 = -0x8000_0000;
const LAST_SECOND: i64 = 0x3_7FFF_FFFF;

/// The tree, as [`comparable`](super::check::comparable) leaves it.
pub fn tree(steps: &[Step], block: u64, has_lost_and_found: bool) -> Tree {
    let mut tree = Tree::new();
    let mut levels: Vec<(Vec<u8>, u64)> = vec![(Vec::new(), 0)];
    let mut first: Vec<Option<Record>> = Vec::new();
    for step in steps {
        let (folder, folders) = levels.last_mut().unwrap();
        let mut added = None;
        match step {
            Step::Enter(name) => {
                *folders += 1;
                let path = join(folder, name);
                levels.push((path, 0));
            }
            Step::Leave(owned) => {
                let is_missing = !tree.contains_key(&b"lost+found"[..]);
                if levels.len() == 1 && has_lost_and_found && is_missing {
                    levels[0].1 += 1;
                    tree.insert(b"lost+found".to_vec(), lost_and_found());
                }
                let (path, folders) = levels.pop().unwrap();
                tree.insert(path, folder_record(owned, folders));
            }
            Step::Link(name, of) => {
                let record = first[*of].clone().unwrap();
                tree.insert(join(folder, name), record);
            }
            Step::Add {
                name,
                owned,
                what,
                links,
            } => {
                let record = record(owned, what, (*links).into(), block);
                tree.insert(join(folder, name), record.clone());
                added = Some(record);
            }
        }
        first.push(added);
    }
    tree
}

fn lost_and_found() -> Record {
    let owned = Owned {
        permissions: 0o700,
        uid: 0,
        gid: 0,
        mtime: (STAMP.seconds, 0),
        xattrs: Vec::new(),
    };
    folder_record(&owned, 0)
}

fn folder_record(owned: &Owned, folders: u64) -> Record {
    let links = if folders + 2 > 65_000 { 1 } else { folders + 2 };
    Record {
        mode: 0o040_000 | u32::from(owned.permissions),
        ..plain(owned, links)
    }
}

fn record(owned: &Owned, what: &What, links: u64, block: u64) -> Record {
    let plain = plain(owned, links);
    let mode = |kind: u32| kind << 12 | u32::from(owned.permissions);
    let device = |kind, major: &u32, minor: &u32| Record {
        mode: mode(kind),
        device: Some((*major, *minor)),
        ..plain.clone()
    };
    match what {
        What::File(content) => Record {
            mode: mode(8),
            size: content.size,
            data: content.ranges(block),
            hash: content.hash(block),
            whole_hash: content.whole_hash(),
            ..plain
        },
        What::Symlink(target) => Record {
            mode: mode(10),
            size: target.len().try_into().unwrap(),
            target: Some(target.clone()),
            ..plain
        },
        What::CharDevice(major, minor) => device(2, major, minor),
        What::BlockDevice(major, minor) => device(6, major, minor),
        What::Fifo => Record {
            mode: mode(1),
            ..plain
        },
        What::Socket => Record {
            mode: mode(12),
            ..plain
        },
        other => panic!("nothing that is added: {other:?}"),
    }
}

fn plain(owned: &Owned, links: u64) -> Record {
    let mut xattrs = owned.xattrs.clone();
    xattrs.sort();
    let (seconds, nanoseconds) = owned.mtime;
    let nearest = seconds.clamp(FIRST_SECOND, LAST_SECOND);
    let nanoseconds = if nearest == seconds { nanoseconds } else { 0 };
    Record {
        inode: 0,
        mode: 0,
        uid: owned.uid,
        gid: owned.gid,
        size: 0,
        links,
        blocks: 0,
        atime: (0, 0),
        mtime: (nearest, nanoseconds.into()),
        ctime: (0, 0),
        crtime: None,
        device: None,
        flags: (false, false, false),
        target: None,
        xattrs,
        data: Vec::new(),
        hash: DefaultHasher::new().finish(),
        whole_hash: None,
    }
}
