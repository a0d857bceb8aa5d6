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

    pub(crate) fn folder(&self, qube: &str) -> PathBuf {
        self.dir.join("appvms").join(qube)
    }
    pub(crate) fn vid(&self, qube: &str, volume: &str) -> String {
        format!("appvms/{qube}/{volume}")
    }
    /// The content before the qube started, or now when it is halted.
    pub(crate) fn clean(&self, qube: &str, volume: &str) -> PathBuf {
        self.folder(qube).join(format!("{volume}.img"))
    }
    /// What a running qube writes to.
    pub(crate) fn dirty(&self, qube: &str, volume: &str) -> PathBuf {
        match self.driver {
            Driver::Reflink => self.folder(qube).join(format!("{volume}-dirty.img")),
            Driver::File => self.clean(qube, volume),
        }
    }
    pub(crate) fn import(&self, qube: &str, volume: &str) -> PathBuf {
        self.folder(qube).join(format!("{volume}-import.img"))
    }
    /// The newest content.
    pub(crate) fn current(&self, qube: &str, volume: &str) -> PathBuf {
        Some(self.dirty(qube, volume))
            .filter(|path| path.exists())
            .unwrap_or_else(|| self.clean(qube, volume))
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

    pub(crate) fn start(&self, qube: &str, volume: &str) -> Result<()> {
        if self.driver == Driver::Reflink {
            // As Qubes does it: a start ends an import that is under way.
            remove_if_there(&self.import(qube, volume))?;
            if !self.dirty(qube, volume).exists() {
                clone_file(&self.clean(qube, volume), &self.dirty(qube, volume))?;
            }
        }
        Ok(())
    }

    pub(crate) fn stop(&self, qube: &str, volume: &str, keep: u32) -> Result<()> {
        match self.driver {
            Driver::Reflink if self.dirty(qube, volume).exists() => {
                self.commit(qube, volume, &self.dirty(qube, volume), keep)
            }
            _ => Ok(()),
        }
    }

    fn commit(&self, qube: &str, volume: &str, from: &Path, keep: u32) -> Result<()> {
        if self.driver == Driver::Reflink {
            self.add_revision(qube, volume, keep)?;
        }
        File::open(from)
            .context("nothing was imported")?
            .sync_all()?;
        Ok(fs::rename(from, self.clean(qube, volume))?)
    }

    pub(crate) fn import_begin(&self, qube: &str, volume: &str, size: u64) -> Result<PathBuf> {
        let path = self.import(qube, volume);
        File::create(&path)?.set_len(size)?;
        Ok(path)
    }

    pub(crate) fn import_end(
        &self,
        qube: &str,
        volume: &str,
        success: bool,
        keep: u32,
    ) -> Result<()> {
        if success {
            self.commit(qube, volume, &self.import(qube, volume), keep)
        } else {
            self.drop_import(qube, volume)
        }
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
        let folder = self.folder(qube);
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
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
