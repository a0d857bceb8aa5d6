//! Earlier contents of a volume: `VOLUME.img.N@TIMEZ`, or of a thin pool `VOLUME-SECONDS-back`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use super::isodate::isodate;
use super::volume::clone_file;
use super::{Driver, Pool};

impl Pool {
    /// Numbers and files, the oldest first.
    pub(crate) fn revisions(&self, qube: &str, volume: &str) -> Result<Vec<(u64, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.folder(qube))? {
            let entry = entry?;
            let name = entry.file_name();
            let number = name
                .to_str()
                .and_then(|name| self.number(qube, volume, name));
            found.extend(number.map(|number| (number, entry.path())));
        }
        found.sort();
        Ok(found)
    }

    fn number(&self, qube: &str, volume: &str, name: &str) -> Option<u64> {
        let text = match self.driver {
            Driver::Reflink | Driver::File => {
                let rest = name.strip_prefix(volume)?.strip_prefix(".img.")?;
                rest.split_once('@')?.0
            }
            Driver::LvmThin => {
                let rest = name.strip_prefix(&format!("vm-{qube}-{volume}-"))?;
                rest.strip_suffix("-back")?
            }
        };
        text.parse().ok()
    }

    /// What qubesd calls a revision.
    pub(crate) fn revision_id(&self, number: u64) -> String {
        match self.driver {
            Driver::Reflink | Driver::File => number.to_string(),
            Driver::LvmThin => format!("{number}-back"),
        }
    }

    /// Keeps the present content as a revision, and no more of them than `keep`.
    pub(crate) fn add_revision(&self, qube: &str, volume: &str, keep: i32) -> Result<()> {
        let clean = self.clean(qube, volume);
        let last = self.revisions(qube, volume)?.pop();
        let next = last.map_or(1, |(number, _)| number + 1);
        if self.driver == Driver::LvmThin {
            // Two within one second are an error on the real one; here the second is the next.
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            let name = format!("vm-{qube}-{volume}-{}-back", now.max(next));
            fs::rename(&clean, self.folder(qube).join(name))?;
        } else if keep > 0 {
            let time = isodate(fs::metadata(&clean)?.mtime());
            let name = format!("{volume}.img.{next}@{time}Z");
            clone_file(&clean, &self.folder(qube).join(name))?;
        }
        let all = self.revisions(qube, volume)?;
        let surplus = all.len().saturating_sub(usize::try_from(keep.max(0))?);
        for (_, file) in all.iter().take(surplus) {
            fs::remove_file(file).context("removing a revision")?;
        }
        Ok(())
    }
}
