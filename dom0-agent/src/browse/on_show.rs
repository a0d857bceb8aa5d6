//! Helpers that show snapshots, for as long as somebody looks: meanwhile another qib may work, so
//! they are not in the journal. Each has a file, which its own qib holds locked. One that is not
//! locked is of a qib that died: the next run removes that helper.

use crate::error::{Result, at};
use crate::helper;
use crate::paths::STATE;
use qib_rpc::name::QubeName;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A helper on show. [`OnShow::end`] removes it; if that does not happen, the next run does.
#[must_use]
pub struct OnShow {
    helper: QubeName,
    _locked: File,
}

impl OnShow {
    /// Notes a helper, while no other qib works.
    ///
    /// # Errors
    /// When the file can not be written.
    pub fn note(helper: &QubeName) -> Result<Self> {
        fs::create_dir_all(folder()).map_err(at(folder()))?;
        let path = path(helper);
        let file = File::create(&path).map_err(at(&path))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|error| at(&path)(error.into()))?;
        file.sync_all().map_err(at(&path))?;
        let synced = File::open(folder()).and_then(|folder| folder.sync_all());
        synced.map_err(at(folder()))?;
        Ok(Self {
            helper: helper.clone(),
            _locked: file,
        })
    }

    /// Removes it.
    ///
    /// # Errors
    /// When it does not go.
    pub fn end(self) -> Result<()> {
        remove(&self.helper)
    }
}

/// Removes helpers that were on show by a qib that died.
///
/// # Errors
/// When one does not go.
pub fn sweep() -> Result<()> {
    for name in helpers()? {
        let path = path(&name);
        let file = match File::open(&path) {
            // Its own qib has just ended.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            file => file.map_err(at(&path))?,
        };
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            remove(&name)?;
        }
    }
    Ok(())
}

/// All that are on show.
///
/// # Errors
/// When the folder can not be read.
pub fn helpers() -> Result<Vec<QubeName>> {
    let entries = match fs::read_dir(folder()) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(at(folder()))?,
    };
    let name = |entry: fs::DirEntry| QubeName::parse(entry.file_name().to_str()?).ok();
    Ok(entries.flatten().filter_map(name).collect())
}

fn remove(name: &QubeName) -> Result<()> {
    helper::remove(name)?;
    let path = path(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(at(&path)(error)),
        _ => Ok(()),
    }
}

fn folder() -> PathBuf {
    Path::new(STATE).join("on-show")
}

fn path(helper: &QubeName) -> PathBuf {
    folder().join(helper.as_str())
}
