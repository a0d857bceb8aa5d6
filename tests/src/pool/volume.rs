//! The life of a volume that is a qube's own: started, stopped, imported, resized, removed.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Driver, Pool};
use crate::daemon::machine::Qube;

impl Pool {
    /// A disposable's volumes are only names; of the others those are files that are a
    /// qube's own.
    pub(crate) fn holds(&self, qube: &Qube, volume: &str) -> bool {
        qube.own_volumes().contains(&volume)
    }

    /// A new volume: this image, or an empty one of `size` bytes.
    pub(crate) fn create(
        &self,
        qube: &str,
        volume: &str,
        image: Option<&Path>,
        size: u64,
    ) -> Result<()> {
        fs::create_dir_all(self.folder(qube))?;
        match image {
            Some(image) => {
                fs::rename(image, self.clean(qube, volume)).context("taking the image")?
            }
            None => File::create(self.clean(qube, volume))?.set_len(size)?,
        }
        Ok(())
    }

    /// A negative `keep` has the qube write to the clean content itself.
    pub(crate) fn start(&self, qube: &str, volume: &str, keep: i32) -> Result<()> {
        let (import, dirty) = (self.import(qube, volume), self.dirty(qube, volume));
        match self.driver {
            Driver::File => return Ok(()),
            // As Qubes does it: a start ends an import that is under way, or the other way round.
            Driver::Reflink => remove_if_there(&import)?,
            Driver::LvmThin => self.refuse_import_in_progress(qube, volume)?,
        }
        if keep < 0 {
            for (_, revision) in self.revisions(qube, volume)? {
                fs::remove_file(revision)?;
            }
        } else if !dirty.exists() {
            clone_file(&self.clean(qube, volume), &dirty)?;
        }
        Ok(())
    }

    pub(crate) fn stop(&self, qube: &str, volume: &str, keep: i32) -> Result<()> {
        let dirty = self.dirty(qube, volume);
        if self.driver != Driver::File && dirty.exists() {
            self.commit(qube, volume, &dirty, keep)?;
        }
        Ok(())
    }

    fn commit(&self, qube: &str, volume: &str, from: &Path, keep: i32) -> Result<()> {
        File::open(from)
            .context("nothing was imported")?
            .sync_all()?;
        if self.driver != Driver::File {
            self.add_revision(qube, volume, keep)?;
        }
        Ok(fs::rename(from, self.clean(qube, volume))?)
    }

    pub(crate) fn import_begin(&self, qube: &str, volume: &str, size: u64) -> Result<PathBuf> {
        if self.driver == Driver::LvmThin {
            self.refuse_import_in_progress(qube, volume)?;
        }
        File::create(self.import(qube, volume))?.set_len(size)?;
        Ok(self.import_path(qube, volume))
    }

    pub(crate) fn import_end(
        &self,
        qube: &str,
        volume: &str,
        success: bool,
        keep: i32,
    ) -> Result<()> {
        if success {
            self.commit(qube, volume, &self.import(qube, volume), keep)
        } else {
            self.drop_import(qube, volume)
        }
    }

    fn refuse_import_in_progress(&self, qube: &str, volume: &str) -> Result<()> {
        let vid = self.vid(qube, volume);
        let is_importing = self.import(qube, volume).exists();
        ensure!(!is_importing, "Import operation in progress on {vid}");
        Ok(())
    }

    fn drop_import(&self, qube: &str, volume: &str) -> Result<()> {
        remove_if_there(&self.import(qube, volume))
    }

    /// Grows or shrinks the newest content.
    pub(crate) fn resize(&self, qube: &str, volume: &str, size: u64) -> Result<()> {
        Ok(File::options()
            .write(true)
            .open(self.current(qube, volume))?
            .set_len(size)?)
    }

    pub(crate) fn remove(&self, qube: &str) -> Result<()> {
        if self.driver == Driver::LvmThin {
            return ["root", "private"]
                .iter()
                .try_for_each(|volume| self.remove_volume(qube, volume));
        }
        let folder = self.folder(qube);
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
    }

    fn remove_volume(&self, qube: &str, volume: &str) -> Result<()> {
        for (_, revision) in self.revisions(qube, volume)? {
            fs::remove_file(revision)?;
        }
        remove_if_there(&self.dirty(qube, volume))?;
        remove_if_there(&self.import(qube, volume))?;
        remove_if_there(&self.clean(qube, volume))
    }
}

fn remove_if_there(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// A copy that shares its blocks.
pub(crate) fn clone_file(from: &Path, to: &Path) -> Result<()> {
    let source = File::open(from).with_context(|| from.display().to_string())?;
    let partial = to.with_extension("img~");
    let target = File::create(&partial)?;
    rustix::fs::ioctl_ficlone(&target, &source).context("FICLONE")?;
    ensure!(
        source.metadata()?.len() == target.metadata()?.len(),
        "the copy is short"
    );
    Ok(fs::rename(partial, to)?)
}
