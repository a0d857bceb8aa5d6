//! Restoring beside: everything below one fresh folder, nothing anywhere else.

use super::entry::{Entry, Node, Status};
use super::fetch::Contents;
use crate::error::{Error, Result, at};
use crate::keys::Dom0Key;
use crate::records::Records;
use rustix::fs::{AtFlags, CWD, Gid, Mode, Timespec, Timestamps, Uid, chmod, chownat, utimensat};
use std::fs::{DirBuilder, OpenOptions, create_dir_all};
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::Path;

/// Writes the entries below `to`, which must not be there yet. Only root can go into it.
///
/// # Errors
/// When `to` is there, something can not be written, or an object is missing or damaged.
pub fn put_back(records: &mut Records, key: &Dom0Key, entries: &[Entry], to: &Path) -> Result<()> {
    let mut folder = DirBuilder::new();
    folder.mode(0o700).create(to).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            let to = to.display();
            return Error::Restore(format!("{to} exists; name a folder that does not"));
        }
        at(to)(error)
    })?;
    let mut contents = Contents::new(records, key);
    for entry in entries {
        let path = to.join(entry.path.relative());
        create_dir_all(path.parent().unwrap_or(to)).map_err(at(&path))?;
        match &entry.node {
            Node::Folder => create_dir_all(&path).map_err(at(&path))?,
            Node::File(slices) => {
                let mut options = OpenOptions::new();
                let options = options.write(true).create_new(true).mode(0o600);
                let mut file = options.open(&path).map_err(at(&path))?;
                for slice in slices {
                    file.write_all(contents.slice(slice)?).map_err(at(&path))?;
                }
                set(&path, &entry.status)?;
            }
            Node::Link(_) => {}
        }
    }
    // Nothing is written any more that could follow one.
    for entry in entries {
        if let Node::Link(target) = &entry.node {
            let path = to.join(entry.path.relative());
            symlink(std::ffi::OsStr::from_bytes(target), &path).map_err(at(&path))?;
            own(&path, &entry.status)?;
            times(&path, &entry.status)?;
        }
    }
    // The innermost first, as what is made in a folder changes its time.
    for entry in entries.iter().rev() {
        if entry.node == Node::Folder {
            set(&to.join(entry.path.relative()), &entry.status)?;
        }
    }
    Ok(())
}

fn set(path: &Path, status: &Status) -> Result<()> {
    own(path, status)?;
    chmod(path, Mode::from_raw_mode(status.mode)).map_err(|errno| at(path)(errno.into()))?;
    times(path, status)
}

fn own(path: &Path, status: &Status) -> Result<()> {
    let (owner, group) = (Uid::from_raw(status.owner), Gid::from_raw(status.group));
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    chownat(CWD, path, Some(owner), Some(group), flags).map_err(|errno| at(path)(errno.into()))
}

fn times(path: &Path, status: &Status) -> Result<()> {
    let (tv_sec, nanoseconds) = status.mtime;
    let time = Timespec {
        tv_sec,
        tv_nsec: nanoseconds.into(),
    };
    let times = Timestamps {
        last_access: time,
        last_modification: time,
    };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(|errno| at(path)(errno.into()))
}
