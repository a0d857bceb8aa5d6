//! Listing objects, and the trash: `PREFIX/trash/DOM0TIME-OWNTIME/KIND-DIGEST`.

use super::shelves::{Shelves, open_folder};
use super::sweep::names;
use crate::allowed::TrashAllowed;
use crate::backend::Trouble;
use crate::layout;
use crate::spot::Spot;
use crate::stamp::Stamp;
use qib_rpc::id::Prefix;
use qib_rpc::message::forget::{ListedObject, Moved};
use qib_rpc::message::record::Place;
use qib_rpc::object::{Kind, ObjectName};
use rustix::fs::{AtFlags, FileType, fsync, linkat, statat, unlinkat};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::OwnedFd;

/// The objects of a kind; of packs only those whose digest begins with `part`, if it is given.
pub fn list(
    shelves: &Shelves,
    place: Place,
    kind: Kind,
    part: Option<u8>,
) -> Result<Vec<ListedObject>, Trouble> {
    let Some(folder) = found(shelves.find(&layout::kind_folders(place, kind)))? else {
        return Ok(Vec::new());
    };
    if kind != Kind::Pack {
        return objects(&folder);
    }
    let mut all = Vec::new();
    for shelf in names(&folder, layout::is_shelf)? {
        if part.is_none_or(|part| layout::shelf(part) == shelf) {
            all.extend(objects(&open_folder(&folder, &shelf)?)?);
        }
    }
    Ok(all)
}

/// What lies in the trash of a prefix.
pub fn trashed(shelves: &Shelves, prefix: Prefix) -> Result<Vec<ListedObject>, Trouble> {
    let mut all = Vec::new();
    for (_, bin) in bins(shelves, prefix)? {
        all.extend(objects(&bin)?);
    }
    Ok(all)
}

/// Moves objects to the trash. One that is not there was moved before.
pub fn trash(shelves: &Shelves, allowed: &TrashAllowed, now: Stamp) -> Result<Moved, Trouble> {
    let bin = shelves.make(&layout::bin_folders(allowed.prefix(), now))?;
    let mut touched = BTreeMap::new();
    let mut moved = Moved::default();
    for name in allowed.names() {
        let folders = layout::folders(&spot(allowed, *name));
        let Some(shelf) = found(shelves.find(&folders))? else {
            continue;
        };
        let (shelf, linked) = touched.entry(folders).or_insert((shelf, BTreeSet::new()));
        let text = name.to_string();
        if let Some(bytes) = size(shelf, &text)? {
            link(shelf, &bin, &text)?;
            if linked.insert(text) {
                count(&mut moved, bytes);
            }
        }
    }
    // A rename alone could come to the disk by half.
    fsync(&bin)?;
    for (shelf, linked) in touched.values() {
        for text in linked {
            unlinkat(shelf, text, AtFlags::empty())?;
        }
        // Also when none was there: whoever moved it may have died before this.
        fsync(shelf)?;
    }
    Ok(moved)
}

/// Moves objects back from the trash. One that is there again already stays as it is.
pub fn undelete(shelves: &Shelves, allowed: &TrashAllowed) -> Result<Moved, Trouble> {
    let mut bins = bins(shelves, allowed.prefix())?;
    bins.reverse();
    let mut moved = Moved::default();
    for name in allowed.names() {
        let text = name.to_string();
        for (_, bin) in &bins {
            let Some(bytes) = size(bin, &text)? else {
                continue;
            };
            let shelf = shelves.make(&layout::folders(&spot(allowed, *name)))?;
            let is_back = link(bin, &shelf, &text)?;
            // Also when it was there: whoever put it may have died before this.
            fsync(&shelf)?;
            if is_back {
                unlinkat(bin, &text, AtFlags::empty())?;
                count(&mut moved, bytes);
            }
            break;
        }
    }
    Ok(moved)
}

/// Removes for ever what has been in the trash for so many days.
pub fn empty(shelves: &Shelves, prefix: Prefix, now: Stamp, days: u32) -> Result<Moved, Trouble> {
    let mut moved = Moved::default();
    for (then, bin) in bins(shelves, prefix)? {
        if !now.is_past(then, days) {
            continue;
        }
        for object in objects(&bin)? {
            unlinkat(&bin, object.name.to_string(), AtFlags::empty())?;
            count(&mut moved, object.bytes);
        }
        let trash = shelves.find(&layout::trash_folders(prefix))?;
        match unlinkat(&trash, layout::bin_name(then), AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOTEMPTY) => fsync(&trash)?,
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(moved)
}

/// Gives a file its name in another folder too; false if another file has it there.
///
/// Where an earlier try did so, it is done anew: a sync that failed may have left that name out, and
/// the next one would find nothing to write.
fn link(from: &OwnedFd, to: &OwnedFd, name: &str) -> Result<bool, Errno> {
    let linked = || linkat(from, name, to, name, AtFlags::empty()).map(|()| true);
    match linked() {
        Err(Errno::EXIST) if number(from, name)? == number(to, name)? => {
            unlinkat(to, name, AtFlags::empty())?;
            linked()
        }
        Err(Errno::EXIST) => Ok(false),
        other => other,
    }
}

fn number(folder: &OwnedFd, name: &str) -> Result<u64, Errno> {
    Ok(statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?.st_ino)
}

/// The bins of a prefix's trash, the oldest first.
fn bins(shelves: &Shelves, prefix: Prefix) -> Result<Vec<(Stamp, OwnedFd)>, Trouble> {
    let Some(trash) = found(shelves.find(&layout::trash_folders(prefix)))? else {
        return Ok(Vec::new());
    };
    let mut bins = Vec::new();
    for name in names(&trash, |name| layout::parse_bin(name).is_some())? {
        if let Some(stamp) = layout::parse_bin(&name) {
            bins.push((stamp, open_folder(&trash, &name)?));
        }
    }
    bins.sort_by_key(|(stamp, _)| *stamp);
    Ok(bins)
}

/// The objects in one folder: files with names of objects.
fn objects(folder: &OwnedFd) -> Result<Vec<ListedObject>, Trouble> {
    let mut objects = Vec::new();
    for text in names(folder, |name| ObjectName::parse(name).is_some())? {
        let (name, bytes) = (ObjectName::parse(&text), size(folder, &text)?);
        objects.extend(
            name.zip(bytes)
                .map(|(name, bytes)| ListedObject { name, bytes }),
        );
    }
    Ok(objects)
}

/// The size of a file, if there is one of this name.
fn size(folder: &OwnedFd, name: &str) -> Result<Option<u64>, Errno> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(status) if FileType::from_raw_mode(status.st_mode) == FileType::RegularFile => {
            Ok(u64::try_from(status.st_size).ok())
        }
        Ok(_) | Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

fn found(folder: Result<OwnedFd, Trouble>) -> Result<Option<OwnedFd>, Trouble> {
    match folder {
        Ok(folder) => Ok(Some(folder)),
        Err(Trouble::Missing) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

fn spot(allowed: &TrashAllowed, name: ObjectName) -> Spot {
    Spot {
        place: Place::Qube(allowed.prefix()),
        name,
    }
}

fn count(moved: &mut Moved, bytes: u64) {
    moved.objects = moved.objects.saturating_add(1);
    moved.bytes = moved.bytes.saturating_add(bytes);
}
