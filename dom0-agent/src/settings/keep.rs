//! Where settings are kept: at storage, named in the ledger, and in a folder of dom0's, so that
//! they can be looked at while the storage qube is off.

use super::seal::{open, seal};
use super::{Settings, read};
use crate::admin::reply::Qube;
use crate::error::{Error, Result, at};
use crate::ledger::record::Record;
use crate::machine::{Installation, Machine};
use crate::paths::STATE;
use crate::records::Records;
use qib_rpc::id::{Digest, QubeId};
use qib_rpc::message::record::Place;
use qib_rpc::object::{self, Kind, ObjectName};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Stores how a qube is set up now, unless that is how it was the last time; true if it did.
///
/// # Errors
/// When qubesd does not tell, or the settings can not be kept.
pub fn store(
    machine: &Machine,
    installation: &mut Installation,
    id: QubeId,
    qube: &Qube,
) -> Result<bool> {
    let settings = read::read(qube)?;
    let sealed = seal(&installation.keys.settings(id), id, &settings);
    let digest = object::digest(&sealed);
    let history = installation.ledger.book.history(id);
    let last = history.and_then(|history| history.settings.last());
    if last.is_some_and(|last| last.object == digest) {
        return Ok(false);
    }
    let history = history.ok_or(Error::NotInitialised)?;
    let mut records = Records::start(machine, history.storage()?)?;
    records.put(Place::Root, Kind::Settings, &sealed)?;
    write(digest, &sealed)?;
    installation.ledger.append(Record::Settings {
        qube: id,
        time: machine.now(),
        object: digest,
    })?;
    Ok(true)
}

/// Settings that were stored, from dom0's own copy; none if that is missing or damaged.
pub fn local(installation: &Installation, id: QubeId, digest: Digest) -> Option<Settings> {
    let sealed = fs::read(path(digest)).ok()?;
    let is_whole = object::digest(&sealed) == digest;
    is_whole.then(|| open(&installation.keys.settings(id), id, &sealed))?
}

/// Settings that were stored, wherever they are; dom0 has its copy again afterwards.
///
/// # Errors
/// When storage does not have them whole either.
pub fn get(
    machine: &Machine,
    installation: &Installation,
    id: QubeId,
    digest: Digest,
) -> Result<Settings> {
    if let Some(settings) = local(installation, id, digest) {
        return Ok(settings);
    }
    let kind = Kind::Settings;
    let history = installation.ledger.book.history(id);
    let storage = history.ok_or(Error::NotInitialised)?.storage()?;
    let mut records = Records::start(machine, storage)?;
    let sealed = records.get(Place::Root, ObjectName { kind, digest })?;
    let settings = open(&installation.keys.settings(id), id, &sealed);
    let settings = settings.ok_or_else(|| {
        Error::Disagree(format!(
            "the settings {digest} are not those of this qube, or of another version of qib"
        ))
    })?;
    write(digest, &sealed)?;
    Ok(settings)
}

/// The folder of dom0's copies.
fn folder() -> PathBuf {
    Path::new(STATE).join("settings")
}

fn path(digest: Digest) -> PathBuf {
    folder().join(digest.to_string())
}

/// It is a copy: one that a crash tears is fetched again.
fn write(digest: Digest, sealed: &[u8]) -> Result<()> {
    let mut folders = DirBuilder::new();
    let folders = folders.recursive(true).mode(0o700);
    folders.create(folder()).map_err(at(folder()))?;
    let path = path(digest);
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&path).map_err(at(&path))?;
    file.write_all(sealed).map_err(at(&path))
}
