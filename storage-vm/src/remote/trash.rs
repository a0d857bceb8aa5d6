//! The trash in a place: `PREFIX/trash/DOM0TIME-OWNTIME/KIND-DIGEST`.
//!
//! Where a place can not rename, a move is a copy and then a removal: what is cut off between
//! the two leaves an object in both, and the next call moves it again.

use super::trouble::trouble;
use super::{Remote, paths};
use crate::allowed::TrashAllowed;
use crate::backend::Trouble;
use crate::layout;
use crate::spot::Spot;
use crate::stamp::Stamp;
use qib_rpc::id::Prefix;
use qib_rpc::message::forget::{ListedObject, Moved};
use qib_rpc::message::record::Place;
use qib_rpc::object::ObjectName;
use std::sync::Mutex;
use std::thread;

/// Requests take their time: so many objects are moved side by side.
const SIDE_BY_SIDE: usize = 8;

/// What lies in the trash of a prefix.
pub fn trashed(remote: &Remote, prefix: Prefix) -> Result<Vec<ListedObject>, Trouble> {
    let mut all = Vec::new();
    for stamp in bins(remote, prefix)? {
        all.extend(paths::objects(remote, &layout::bin_folders(prefix, stamp))?);
    }
    Ok(all)
}

/// Moves objects to the trash. One that is not there was moved before.
pub fn trash(remote: &Remote, allowed: &TrashAllowed, now: Stamp) -> Result<Moved, Trouble> {
    let bin = layout::bin_folders(allowed.prefix(), now);
    for_all(allowed.names(), |name| {
        let from = object(allowed, *name);
        let Some(bytes) = remote.length_if_there(&from)? else {
            return Ok(None);
        };
        move_one(remote, &from, &paths::file(&bin, &name.to_string()), bytes)?;
        Ok(Some(bytes))
    })
}

/// Moves objects back from the trash. One that is there again already stays as it is.
pub fn undelete(remote: &Remote, allowed: &TrashAllowed) -> Result<Moved, Trouble> {
    let bins = bins(remote, allowed.prefix())?;
    for_all(allowed.names(), |name| {
        for stamp in bins.iter().rev() {
            let bin = layout::bin_folders(allowed.prefix(), *stamp);
            let from = paths::file(&bin, &name.to_string());
            let Some(bytes) = remote.length_if_there(&from)? else {
                continue;
            };
            let to = object(allowed, *name);
            if remote.length_if_there(&to)?.is_some() {
                return Ok(None);
            }
            move_one(remote, &from, &to, bytes)?;
            return Ok(Some(bytes));
        }
        Ok(None)
    })
}

/// Removes for ever what has been in the trash for so many days.
pub fn empty(remote: &Remote, prefix: Prefix, now: Stamp, days: u32) -> Result<Moved, Trouble> {
    let mut moved = Moved::default();
    for then in bins(remote, prefix)? {
        if !now.is_past(then, days) {
            continue;
        }
        let bin = layout::bin_folders(prefix, then);
        let objects = paths::objects(remote, &bin)?;
        let removed = for_all(&objects, |object| {
            let path = paths::file(&bin, &object.name.to_string());
            remote.store.delete(&path).map_err(trouble)?;
            Ok(Some(object.bytes))
        })?;
        moved.objects = moved.objects.saturating_add(removed.objects);
        moved.bytes = moved.bytes.saturating_add(removed.bytes);
        // A folder that is not empty stays, and so does one that is none.
        let _kept = remote.store.delete(&paths::folder(&bin));
    }
    Ok(moved)
}

fn object(allowed: &TrashAllowed, name: ObjectName) -> String {
    let place = Place::Qube(allowed.prefix());
    paths::object(&Spot { place, name })
}

fn move_one(remote: &Remote, from: &str, to: &str, bytes: u64) -> Result<(), Trouble> {
    if remote.store.info().capability().rename {
        return remote.store.rename(from, to).map_err(trouble);
    }
    remote.store.copy(from, to).map_err(trouble)?;
    if remote.length(to)? != bytes {
        return Err(Trouble::Damaged);
    }
    remote.store.delete(from).map_err(trouble)
}

/// The bins of a prefix's trash, the oldest first.
fn bins(remote: &Remote, prefix: Prefix) -> Result<Vec<Stamp>, Trouble> {
    let folder = layout::trash_folders(prefix);
    let names = paths::folders(remote, &folder, |name| layout::parse_bin(name).is_some())?;
    let mut bins: Vec<_> = names
        .iter()
        .filter_map(|name| layout::parse_bin(name))
        .collect();
    bins.sort_unstable();
    Ok(bins)
}

/// Does the same with all, and counts those that had so many bytes. The first trouble ends it.
fn for_all<T: Sync>(
    items: &[T],
    work: impl Fn(&T) -> Result<Option<u64>, Trouble> + Sync,
) -> Result<Moved, Trouble> {
    let waiting = Mutex::new(items.iter());
    let next = || waiting.lock().ok()?.next();
    let one = || -> Result<Moved, Trouble> {
        let mut moved = Moved::default();
        while let Some(item) = next() {
            if let Some(bytes) = work(item)? {
                moved.objects = moved.objects.saturating_add(1);
                moved.bytes = moved.bytes.saturating_add(bytes);
            }
        }
        Ok(moved)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..SIDE_BY_SIDE.min(items.len()))
            .map(|_| scope.spawn(one))
            .collect();
        let mut sum = Moved::default();
        for worker in workers {
            let moved = worker
                .join()
                .unwrap_or_else(|_| Err(Trouble::Failed(std::io::ErrorKind::Other.into())))?;
            sum.objects = sum.objects.saturating_add(moved.objects);
            sum.bytes = sum.bytes.saturating_add(moved.bytes);
        }
        Ok(sum)
    })
}
