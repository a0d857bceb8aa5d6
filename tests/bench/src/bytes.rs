//! How much lies in a folder.

use std::path::Path;

use anyhow::Result;

/// The lengths of all regular files below `folder`; nothing when it is not there.
pub(crate) fn below(folder: &Path) -> Result<u64> {
    if !folder.exists() {
        return Ok(0);
    }
    let mut sum = 0_u64;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        sum = sum.saturating_add(if about.is_dir() {
            below(&entry.path())?
        } else {
            about.len()
        });
    }
    Ok(sum)
}
