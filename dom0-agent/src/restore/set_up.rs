//! How a restored qube is to be set up: kept in a file of dom0's until it is so, for the next run
//! to finish where this one is cut off.

use super::change::{Change, changes};
use super::filter::restorable;
use crate::admin::call;
use crate::error::{Error, Result, at};
use crate::paths::STATE;
use crate::settings::{Settings, read};
use crate::state;
use qib_rpc::name::QubeName;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Keeps how a qube is to be set up; it is on the disk afterwards.
///
/// # Errors
/// When it can not be written.
pub fn keep(name: &QubeName, wanted: &Settings) -> Result<()> {
    state::write_file(&path(name), wanted.encode().as_bytes())
}

/// Forgets what is kept of any qube but these.
///
/// # Errors
/// When a file can not be removed.
pub fn forget_all_but<'a>(names: impl Iterator<Item = &'a QubeName>) -> Result<()> {
    let kept: Vec<PathBuf> = names.map(path).collect();
    let entries = fs::read_dir(folder()).into_iter().flatten().flatten();
    let found = entries.map(|entry| entry.path());
    for path in found.filter(|path| !kept.contains(path)) {
        fs::remove_file(&path).map_err(at(path))?;
    }
    Ok(())
}

/// Sets up what is the qube's alone, and says which steps qubesd refused.
///
/// # Errors
/// When it is not known how, the qube is gone, or qubesd does not tell how it is set up now.
pub fn own(name: &QubeName) -> Result<Vec<String>> {
    set_up(name, |step| !step.is_link())
}

/// The same for what refers to other qubes: once all that were restored with it are there.
///
/// # Errors
/// As for [`own`].
pub fn links(name: &QubeName) -> Result<Vec<String>> {
    set_up(name, Change::is_link)
}

fn set_up(name: &QubeName, chosen: impl Fn(&Change) -> bool) -> Result<Vec<String>> {
    let qube = call::find_qube(name)?;
    let qube = qube.ok_or_else(|| Error::NoQube(name.clone()))?;
    let wanted = kept(name)?;
    let mut now = read::read(&qube)?;
    restorable(&mut now);
    let steps = changes(&now, &wanted).into_iter().filter(chosen);
    let refused = |step: Change| {
        let error = step.apply(name).err()?;
        Some(format!("{step}: {error}"))
    };
    Ok(steps.filter_map(refused).collect())
}

fn kept(name: &QubeName) -> Result<Settings> {
    let path = path(name);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        text => Some(text.map_err(at(&path))?),
    };
    let lost = || Error::Restore("how it is to be set up is lost".to_owned());
    text.and_then(|text| Settings::decode(&text))
        .ok_or_else(lost)
}

fn folder() -> PathBuf {
    Path::new(STATE).join("set-up")
}

fn path(name: &QubeName) -> PathBuf {
    folder().join(name.as_str())
}
