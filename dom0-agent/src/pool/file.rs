//! The `file` driver: the image of a halted qube, kept from starting meanwhile.

use super::{Made, Moment};
use crate::admin::call::{self, RESTORING};
use crate::error::{Error, Result};
use crate::undo::{Undo, Undos};
use qib_rpc::name::QubeName;
use std::path::{Path, PathBuf};

pub(super) fn still(
    qube: &QubeName,
    image: &Path,
    moment: &Moment,
    undos: &mut Undos,
) -> Result<Made> {
    if matches!(moment, Moment::Revision(_)) {
        return Err(no_revisions());
    }
    if call::has_tag(qube, RESTORING)? {
        return Err(Error::Volume("a restore of it is under way".to_owned()));
    }
    undos.note(Undo::Guard(qube.clone()))?;
    call::set_tag(qube, RESTORING)?;
    // Asked after the guard is up: from here on it can not start.
    let halted = call::find_qube(qube)?.is_some_and(|found| found.halted);
    if !halted {
        return Err(Error::Volume(
            "it runs, and its pool's driver 'file' has no snapshots; shut it down and run again"
                .to_owned(),
        ));
    }
    let mut path = image.as_os_str().to_owned();
    path.push(".img");
    let path = PathBuf::from(path);
    let is_live = false;
    Ok(Made { path, is_live })
}

pub(super) fn no_revisions() -> Error {
    Error::Volume("its pool's driver 'file' keeps no revisions that can be read".to_owned())
}
