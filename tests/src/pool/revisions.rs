//! Earlier contents of a volume: `VOLUME.img.N@TIMEZ`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::Pool;
use super::isodate::isodate;
use super::volume::clone_file;

impl Pool {
    /// Numbers and files, the oldest first.
    pub(crate) fn revisions(&self, qube: &str, volume: &str) -> Result<Vec<(u32, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.folder(qube))? {
            let entry = entry?;
            let name = entry.file_name();
            let rest = name
                .to_str()
                .and_then(|name| name.strip_prefix(volume)?.strip_prefix(".img."));
            if let Some((number, _)) = rest.and_then(|rest| rest.split_once('@')) {
                found.push((number.parse()?, entry.path()));
            }
        }
        found.sort();
        Ok(found)
    }

    /// Keeps the present content as a revision, and no more of them than `keep`.
    pub(crate) fn add_revision(&self, qube: &str, volume: &str, keep: u32) -> Result<()> {
        if keep > 0 {
            let clean = self.clean(qube, volume);
            let time = isodate(fs::metadata(&clean)?.mtime());
            let number = self
                .revisions(qube, volume)?
                .last()
                .map_or(1, |(number, _)| number + 1);
            let name = format!("{volume}.img.{number}@{time}Z");
            clone_file(&clean, &self.folder(qube).join(name))?;
        }
        let all = self.revisions(qube, volume)?;
        let surplus = all.len().saturating_sub(usize::try_from(keep)?);
        for (_, file) in all.iter().take(surplus) {
            fs::remove_file(file).context("removing a revision")?;
        }
        Ok(())
    }
}
