//! The work folder: volumes that took long to make, results, and what a run leaves to clear up.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rustix::fs::{FlockOperation, flock, statvfs};

use crate::corpus::Corpus;
use crate::scale::Scale;
use crate::tool::is_plain;

/// The work folder, held for one benchmark at a time.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).with_context(|| path.display().to_string())?;
        let path = path.canonicalize()?;
        ensure!(
            is_plain(&path),
            "{}: only letters, digits, '.', '_' and '-' may be in this name",
            path.display()
        );
        let lock = File::create(path.join("lock"))?;
        let locked = flock(&lock, FlockOperation::NonBlockingLockExclusive);
        locked.with_context(|| format!("{}: another benchmark runs there", path.display()))?;
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn results(&self) -> PathBuf {
        self.path.join("results.jsonl")
    }
    pub(crate) fn table(&self) -> PathBuf {
        self.path.join("table.md")
    }
    pub(crate) fn plot(&self) -> PathBuf {
        self.path.join("plot.svg")
    }
    pub(crate) fn volumes(&self) -> PathBuf {
        self.path.join("volumes")
    }
    /// Everything that goes at the end.
    pub(crate) fn run(&self) -> PathBuf {
        self.path.join("run")
    }

    /// Fails when the disk is too small for the workloads of this volume.
    pub(crate) fn check_room(&self, corpus: Corpus, scale: Scale) -> Result<()> {
        const GIB: u64 = 1 << 30;
        let disk = statvfs(&self.path)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        // A volume that is there already is counted among the needs.
        let here = corpus.here(&self.volumes(), scale);
        let needs = corpus.needs(scale).saturating_sub(here);
        println!(
            "volume '{}': needs {}.{} GiB of {} GiB that are free",
            corpus.name(),
            needs / GIB,
            needs % GIB * 10 / GIB,
            free / GIB
        );
        ensure!(
            free >= needs,
            "there is not enough room in {}",
            self.path.display()
        );
        Ok(())
    }
}
