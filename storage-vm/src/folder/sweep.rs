//! Removing what objects left that never arrived in full.

use super::shelves::open_folder;
use crate::layout;
use rustix::fs::{AtFlags, Dir, unlinkat};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

/// Removes the temporary files below `base`: only names that we give ourselves.
pub fn temporary_files(base: impl AsFd) -> io::Result<()> {
    for place in names(&base, layout::is_place_folder)? {
        match open_folder(&base, &place).and_then(|place| open_folder(place, layout::TEMPORARY)) {
            Ok(folder) => remove_from(&folder)?,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}

fn remove_from(folder: &OwnedFd) -> io::Result<()> {
    for name in names(folder, layout::is_temporary_name)? {
        unlinkat(folder, &name, AtFlags::empty())?;
    }
    Ok(())
}

/// The names in `folder` that are ours.
pub fn names(folder: impl AsFd, ours: fn(&str) -> bool) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        if let Ok(name) = entry?.file_name().to_str()
            && ours(name)
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}
