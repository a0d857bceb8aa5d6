//! The files that stand in for a ZFS pool: volumes below `zvol`, which /dev/zvol leads to, and
//! below `zfs` what has no device.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::volume::clone_file;

/// The container of Qubes' volumes, in the pool.
pub(crate) const CONTAINER: &str = "vms";

/// A pool of this name, in this folder.
pub(crate) struct Zfs {
    folder: PathBuf,
    name: String,
}

impl Zfs {
    pub(crate) fn at(folder: &Path, name: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The folder that /dev/zvol/NAME leads to.
    pub(crate) fn devices(&self) -> PathBuf {
        self.folder.join("zvol").join(&self.name)
    }

    fn join(&self, kind: &str, dataset: &str) -> PathBuf {
        self.folder.join(kind).join(dataset)
    }

    /// The file of a volume, or the folder of those below it.
    pub(crate) fn volume(&self, dataset: &str) -> PathBuf {
        self.join("zvol", dataset)
    }

    pub(crate) fn snapshot(&self, volume: &str, name: &str) -> PathBuf {
        self.join("zfs", &format!("{volume}@{name}"))
    }

    /// There while a qube writes to the volume, or after it crashed.
    pub(crate) fn dirty(&self, volume: &str) -> PathBuf {
        self.join("zfs", &format!("{volume}.dirty"))
    }

    /// The same file as the snapshot that a volume is a clone of.
    pub(crate) fn origin(&self, volume: &str) -> PathBuf {
        self.join("zfs", &format!("{volume}.origin"))
    }

    /// There while all in the container is hidden from udev.
    pub(crate) fn hidden(&self) -> PathBuf {
        self.join("zfs", "hidden")
    }

    /// Makes the pool.
    pub(crate) fn create(&self) -> Result<()> {
        for kind in ["zvol", "zfs"] {
            fs::create_dir_all(self.folder.join(kind).join(&self.name).join(CONTAINER))?;
        }
        File::create(self.hidden())?;
        Ok(())
    }

    /// The snapshots of a volume, with their files, the oldest first.
    pub(crate) fn snapshots(&self, volume: &str) -> Result<Vec<(String, PathBuf)>> {
        let begin = self.snapshot(volume, "");
        let folder = begin.parent().unwrap_or(&begin).to_owned();
        let begin = begin.file_name().unwrap_or_default().display().to_string();
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let entry = entry?;
            let name = entry.file_name().display().to_string();
            if let Some(name) = name.strip_prefix(&begin) {
                let made = entry.metadata()?;
                found.push((
                    (made.mtime(), made.mtime_nsec()),
                    name.to_owned(),
                    entry.path(),
                ));
            }
        }
        found.sort();
        Ok(found
            .into_iter()
            .map(|(_, name, path)| (name, path))
            .collect())
    }

    /// Makes a snapshot of a volume, of what is in this file.
    pub(crate) fn take(&self, volume: &str, from: &Path, name: &str) -> Result<()> {
        let snapshot = self.snapshot(volume, name);
        fs::create_dir_all(snapshot.parent().unwrap_or(&snapshot))?;
        clone_file(from, &snapshot)
    }
}
