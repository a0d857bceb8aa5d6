//! The `file-reflink` driver: a clone of the image that shares its blocks.

use super::{ATTEMPTS, Made, Moment, gone, restless};
use crate::error::{Error, Result, at};
use crate::paths::STATE;
use crate::revision::RevisionId;
use crate::undo::{Undo, Undos};
use qib_rpc::{calendar, hex};
use rustix::fs::ioctl_ficlone;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

pub(super) fn still(pool: &Path, image: &Path, moment: &Moment, undos: &mut Undos) -> Result<Made> {
    for _ in 0..ATTEMPTS {
        let (origin, is_live) = chosen(image, moment)?;
        let Ok(file) = File::open(&origin) else {
            continue;
        };
        let path = clone(&file, pool, undos)?;
        if chosen(image, moment)? == (origin, is_live) {
            return Ok(Made { path, is_live });
        }
        undos.only(|undo| *undo == Undo::Clone(path.clone()))?;
    }
    if clean(image).exists() {
        Err(restless())
    } else {
        Err(gone(&image.display()))
    }
}

/// The file that holds the state to read, and whether a qube writes to it, or crashed.
fn chosen(image: &Path, moment: &Moment) -> Result<(PathBuf, bool)> {
    let dirty = ending(image, "-dirty.img");
    match moment {
        Moment::Now if dirty.exists() => Ok((dirty, true)),
        Moment::Now | Moment::LastShutdown => Ok((clean(image), false)),
        Moment::Revision(revision) => {
            let found = older(image, &revision.id)?.map(|(file, _)| (file, false));
            found.ok_or_else(|| gone(&format!("in the state of revision {}", revision.id)))
        }
    }
}

/// When an older state was last written to, in seconds since 1970.
pub(super) fn time_of(image: &Path, id: &RevisionId) -> Result<Option<i64>> {
    Ok(older(image, id)?.map(|(_, time)| time))
}

/// The file of an older state, and its time: `private.img.3@2018-01-02T03:04:05Z`.
fn older(image: &Path, id: &RevisionId) -> Result<Option<(PathBuf, i64)>> {
    let clean = clean(image);
    let (Some(folder), Some(name)) = (clean.parent(), clean.file_name()) else {
        return Ok(None);
    };
    let begin = format!("{}.{id}@", name.display());
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        let name = entry.file_name();
        let time = name
            .to_str()
            .and_then(|name| calendar::seconds(name.strip_prefix(&begin)?));
        if let Some(time) = time {
            return Ok(Some((entry.path(), time)));
        }
    }
    Ok(None)
}

/// The image that a halted qube was left in; none after a crash.
pub(super) fn committed(image: &Path) -> Option<PathBuf> {
    let crashed = ending(image, "-dirty.img").exists();
    (!crashed).then(|| clean(image))
}

/// The image of what the last shutdown left.
fn clean(image: &Path) -> PathBuf {
    ending(image, ".img")
}

/// Clones into our own folder if that shares the pool's file system, else beside
/// the pool's images, where Qubes does not look.
fn clone(origin: &File, pool: &Path, undos: &mut Undos) -> Result<PathBuf> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|_| Error::Volume("no randomness".to_owned()))?;
    let name = format!("{}.img", hex::encode(&random));
    let mut last = None;
    for folder in [
        Path::new(STATE).join("snapshots"),
        pool.join("qib-snapshots"),
    ] {
        let path = folder.join(&name);
        undos.note(Undo::Clone(path.clone()))?;
        match clone_to(origin, &folder, &path) {
            Ok(()) => return Ok(path),
            Err(error) => last = Some(at(&path)(error)),
        }
        undos.only(|undo| *undo == Undo::Clone(path.clone()))?;
    }
    Err(last.unwrap_or_else(|| Error::Volume("no place for a snapshot".to_owned())))
}

fn clone_to(origin: &File, folder: &Path, path: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let clone = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    ioctl_ficlone(&clone, origin)?;
    Ok(())
}

fn ending(image: &Path, ending: &str) -> PathBuf {
    let mut path = image.as_os_str().to_owned();
    path.push(ending);
    PathBuf::from(path)
}
