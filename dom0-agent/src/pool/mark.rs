//! By what the state of a volume is known again: while the mark is the same, nothing was written
//! to it.
//!
//! Only the state that a halted qube was left in has one, in a pool of files: dom0's file system
//! notes when a file was last changed. What a qube wrote is not looked at. LVM notes nothing of
//! the kind: a logical volume that is written to in place stays the same to it.

use super::driver::Driver;
use super::{image, reflink};
use crate::admin::call;
use crate::error::{Result, at};
use crate::part::Part;
use crate::rules::QubeRules;
use qib_rpc::hex;
use qib_rpc::name::QubeName;
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
    pub fn of(qube: &QubeName, part: Part, rules: &QubeRules) -> Result<Option<Self>> {
        if !call::find_qube(qube)?.is_some_and(|qube| qube.halted) {
            return Ok(None);
        }
        let volume = call::volume(qube, part.name())?;
        let (Driver::Reflink(folder) | Driver::File(folder)) = Driver::of(&volume.pool)? else {
            return Ok(None);
        };
        let Some(file) = reflink::committed(&image(&folder, &volume)?) else {
            return Ok(None);
        };
        let hash = Sha256::new()
            .chain_update(env!("CARGO_PKG_VERSION"))
            .chain_update([0])
            .chain_update(format!("{rules:?} {}", volume.bytes))
            .chain_update([0])
            .chain_update(facts(&file)?);
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

/// What another file, or this one after it was written to, has otherwise.
fn facts(file: &Path) -> Result<String> {
    let found = fs::metadata(file).map_err(at(file))?;
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
