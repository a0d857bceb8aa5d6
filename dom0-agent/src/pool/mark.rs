//! By what the state of a volume is known again: while the mark is the same, nothing was written
//! to it.
//!
//! Only the state that a halted qube was left in has one. In a thin pool that is a logical volume
//! of its own, made when the qube started; elsewhere a file, whose last change the file system
//! of dom0 notes. What a qube wrote is not looked at.

use super::{image, lvm_thin, reflink};
use crate::admin::call;
use crate::error::{Result, at};
use crate::part::Part;
use qib_rpc::hex;
use qib_rpc::name::QubeName;
use qib_rpc::rule::Rules;
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The mark of a volume's state, and of how this qib would read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark([u8; 32]);

impl Mark {
    /// The state of a volume; none while it may change, or where the pool can not tell.
    ///
    /// # Errors
    /// When qubesd or the pool do not answer.
    pub fn of(qube: &QubeName, part: Part) -> Result<Option<Self>> {
        if !call::find_qube(qube)?.is_some_and(|qube| qube.halted) {
            return Ok(None);
        }
        let volume = call::volume(qube, part.name())?;
        let driver = call::pool_info(&volume.pool, "driver")?.unwrap_or_default();
        let folder = call::pool_info(&volume.pool, "dir_path")?.unwrap_or_default();
        let state = match driver.as_str() {
            "lvm_thin" if volume.keeps_last_shutdown => lvm_thin::committed(&volume)?,
            "file-reflink" => reflink::committed(&image(&folder, &volume)?),
            "file" => Some(State::File(reflink::clean(&image(&folder, &volume)?))),
            _ => None,
        };
        let Some(state) = state else { return Ok(None) };
        let text = format!(
            "{} {driver} {} {}",
            volume.pool,
            volume.bytes,
            state.text()?
        );
        let hash = Sha256::new()
            .chain_update(env!("CARGO_PKG_VERSION"))
            .chain_update([0])
            .chain_update(format!("{:?}", Rules::DEFAULT))
            .chain_update([0])
            .chain_update(text);
        Ok(Some(Self(hash.finalize().into())))
    }

    /// Reads what [`Self::text`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        hex::decode(text).map(Self)
    }

    /// As 64 digits.
    pub fn text(&self) -> String {
        hex::encode(&self.0)
    }
}

/// What a state is in.
pub(super) enum State {
    /// A logical volume, by its UUID.
    Volume(String),
    /// A file.
    File(std::path::PathBuf),
}

impl State {
    fn text(&self) -> Result<String> {
        match self {
            Self::Volume(uuid) => Ok(uuid.clone()),
            Self::File(path) => file_text(path),
        }
    }
}

fn file_text(path: &Path) -> Result<String> {
    let found = fs::metadata(path).map_err(at(path))?;
    let numbers = [
        found.dev().to_string(),
        found.ino().to_string(),
        found.len().to_string(),
        found.mtime().to_string(),
        found.mtime_nsec().to_string(),
        found.ctime().to_string(),
        found.ctime_nsec().to_string(),
    ];
    Ok(numbers.join(" "))
}
