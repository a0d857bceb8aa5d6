//! Comparing a source with what was restored from it.

use crate::volume::record::{Record, Tree};
use std::collections::BTreeMap;

/// What a backup does not keep: inode numbers, times other than the last change of
/// the content, flags, the number of blocks.
fn kept(record: &Record) -> Record {
    let is_directory = record.mode & 0o170_000 == 0o040_000;
    Record {
        inode: 0,
        blocks: 0,
        atime: (0, 0),
        ctime: (0, 0),
        crtime: None,
        flags: (false, false, false),
        size: if is_directory { 0 } else { record.size },
        ..record.clone()
    }
}

/// Names by the file that they are for, each group under its first name.
fn groups(tree: &Tree) -> BTreeMap<&[u8], Vec<&[u8]>> {
    let mut by_inode: BTreeMap<u64, Vec<&[u8]>> = BTreeMap::new();
    for (path, record) in tree {
        by_inode.entry(record.inode).or_default().push(path);
    }
    by_inode
        .into_values()
        .map(|names| (names[0], names))
        .collect()
}

/// Fails with every difference.
pub fn assert_restored(source: &Tree, restored: &Tree) {
    let mut different = Vec::new();
    for (path, record) in source {
        let name = String::from_utf8_lossy(path).into_owned();
        match restored.get(path) {
            None => different.push(format!("{name}: is missing")),
            Some(found) if kept(found) != kept(record) => different.push(format!(
                "{name}:\n  is        {:?}\n  should be {:?}",
                kept(found),
                kept(record)
            )),
            Some(_) => {}
        }
    }
    for path in restored.keys().filter(|path| !source.contains_key(*path)) {
        different.push(format!("{}: is too much", String::from_utf8_lossy(path)));
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
    assert_eq!(groups(source), groups(restored));
}
