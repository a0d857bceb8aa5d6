//! The `file-reflink` driver: a clone of the image that shares its blocks.

use super::{Made, Moment};
use crate::error::{Error, Result, at};
use crate::paths::STATE;
use crate::undo::{Undo, Undos};
use qib_rpc::hex;
use rustix::fs::ioctl_ficlone;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// How often a qube may start or stop under our hands.
const ATTEMPTS: u32 = 5;

pub(super) fn still(pool: &Path, image: &Path, moment: Moment, undos: &mut Undos) -> Result<Made> {
    let dirty = ending(image, "-dirty.img");
    let is_live = || moment == Moment::Now && dirty.exists();
    for _ in 0..ATTEMPTS {
        let live = is_live();
        let origin = if live { dirty.clone() } else { clean(image) };
        let Ok(origin) = File::open(&origin) else {
            continue;
        };
        let path = clone(&origin, pool, undos)?;
        if is_live() == live {
            let is_live = live;
            return Ok(Made { path, is_live });
        }
        undos.only(|undo| *undo == Undo::Clone(path.clone()))?;
    }
    Err(Error::Volume(
        "it starts or stops all the time; run again".to_owned(),
    ))
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
