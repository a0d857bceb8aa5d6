//! Makes every inode of an image old: a file changed minutes before a backup is read again by
//! qib the next time, and by some peers; the files of a home are older than that.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::Result;

use crate::mount::succeed;

/// 2020-09-13; each inode gets a time of its own after it.
const BASE: u64 = 1_600_000_000;

/// Numbers of all inodes below a mounted root.
pub(super) fn inodes(root: &Path) -> Result<BTreeSet<u64>> {
    let mut found = BTreeSet::new();
    add(root, &mut found)?;
    Ok(found)
}

fn add(folder: &Path, found: &mut BTreeSet<u64>) -> Result<()> {
    found.insert(fs::symlink_metadata(folder)?.ino());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            add(&entry.path(), found)?;
        } else {
            found.insert(entry.metadata()?.ino());
        }
    }
    Ok(())
}

/// Sets the times by `debugfs`: the kernel lets nobody set a ctime.
pub(super) fn set(image: &Path, inodes: &BTreeSet<u64>) -> Result<()> {
    let script = image.with_extension("ages");
    let mut file = BufWriter::new(fs::File::create(&script)?);
    for inode in inodes {
        let time = BASE + inode;
        writeln!(file, "set_inode_field <{inode}> mtime @{time}")?;
        writeln!(file, "set_inode_field <{inode}> ctime @{time}")?;
    }
    file.into_inner().map_err(|error| error.into_error())?;
    let words = [
        OsStr::new("-w"),
        OsStr::new("-f"),
        script.as_os_str(),
        image.as_os_str(),
    ];
    succeed("debugfs", words)?;
    Ok(fs::remove_file(&script)?)
}
