//! Earlier contents of a volume: `VOLUME.img.N@TIMEZ`, of a thin pool `VOLUME-SECONDS-back`, of ZFS
//! snapshots `qubes:CAUSE:SECONDS`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use super::isodate::isodate;
use super::volume::clone_file;
use super::{Driver, Pool};

/// An earlier content.
pub(crate) struct Revision {
    /// What qubesd calls it.
    pub(crate) id: String,
    pub(crate) file: PathBuf,
    number: u64,
}

impl Pool {
    /// The oldest first.
    pub(crate) fn revisions(&self, qube: &str, volume: &str) -> Result<Vec<Revision>> {
        if self.driver == Driver::Zfs {
            let all = self.zfs().snapshots(&self.vid(qube, volume))?.into_iter();
            let kept = all.filter(|(id, _)| id.starts_with("qubes:"));
            let revision = |(id, file)| Revision {
                id,
                file,
                number: 0,
            };
            return Ok(kept.map(revision).collect());
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(self.folder(qube))? {
            let entry = entry?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| self.id(qube, volume, name));
            found.extend(id.map(|(number, id)| Revision {
                id,
                file: entry.path(),
                number,
            }));
        }
        found.sort_by_key(|revision| revision.number);
        Ok(found)
    }

    fn id(&self, qube: &str, volume: &str, name: &str) -> Option<(u64, String)> {
        let (text, id) = match self.driver {
            Driver::Reflink | Driver::File | Driver::Zfs => {
                let rest = name.strip_prefix(volume)?.strip_prefix(".img.")?;
                let number = rest.split_once('@')?.0;
                (number, number)
            }
            Driver::LvmThin => {
                let id = name.strip_prefix(&format!("vm-{qube}-{volume}-"))?;
                (id.strip_suffix("-back")?, id)
            }
        };
        Some((text.parse().ok()?, id.to_owned()))
    }

    /// Keeps the present content as a revision, and no more of them than `keep`.
    pub(crate) fn add_revision(
        &self,
        qube: &str,
        volume: &str,
        keep: i32,
        cause: &str,
    ) -> Result<()> {
        let clean = self.clean(qube, volume);
        let last = self.revisions(qube, volume)?.pop();
        let next = last.map_or(1, |last| last.number + 1);
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        match self.driver {
            Driver::LvmThin => {
                // Two within one second are an error on the real one; here the second is the next.
                let name = format!("vm-{qube}-{volume}-{}-back", now.as_secs().max(next));
                fs::rename(&clean, self.folder(qube).join(name))?;
            }
            _ if keep <= 0 => {}
            Driver::Zfs => {
                let time = format!("{}.{:06}", now.as_secs(), now.subsec_micros());
                let name = format!("qubes:{cause}:{time}");
                self.zfs().take(&self.vid(qube, volume), &clean, &name)?;
            }
            Driver::Reflink | Driver::File => {
                let time = isodate(fs::metadata(&clean)?.mtime());
                let name = format!("{volume}.img.{next}@{time}Z");
                clone_file(&clean, &self.folder(qube).join(name))?;
            }
        }
        let all = self.revisions(qube, volume)?;
        let surplus = all.len().saturating_sub(usize::try_from(keep.max(0))?);
        for revision in all.iter().take(surplus) {
            fs::remove_file(&revision.file).context("removing a revision")?;
        }
        Ok(())
    }
}
