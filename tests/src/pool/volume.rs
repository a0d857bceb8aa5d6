//! The life of a private volume: started, stopped, imported, resized, removed.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::{Driver, Pool};
use crate::daemon::machine::Qube;

impl Pool {
    /// A disposable's volumes are only names; everyone else's private volume is a file.
    pub(crate) fn holds(&self, qube: &Qube) -> bool {
        !qube.is_disposable()
    }

    pub(crate) fn folder(&self, qube: &str) -> PathBuf {
        self.dir.join("appvms").join(qube)
    }
    pub(crate) fn vid(&self, qube: &str) -> String {
        format!("appvms/{qube}/private")
    }
    /// The content before the qube started, or now when it is halted.
    pub(crate) fn clean(&self, qube: &str) -> PathBuf {
        self.folder(qube).join("private.img")
    }
    /// What a running qube writes to.
    pub(crate) fn dirty(&self, qube: &str) -> PathBuf {
        match self.driver {
            Driver::Reflink => self.folder(qube).join("private-dirty.img"),
            Driver::File => self.clean(qube),
        }
    }
    pub(crate) fn import(&self, qube: &str) -> PathBuf {
        self.folder(qube).join("private-import.img")
    }
    /// The newest content.
    pub(crate) fn current(&self, qube: &str) -> PathBuf {
        Some(self.dirty(qube))
            .filter(|path| path.exists())
            .unwrap_or_else(|| self.clean(qube))
    }

    /// A new volume: this image, or an empty one of `size` bytes.
    pub(crate) fn create(&self, qube: &str, image: Option<&Path>, size: u64) -> Result<()> {
        fs::create_dir_all(self.folder(qube))?;
        match image {
            Some(image) => fs::rename(image, self.clean(qube)).context("taking the image")?,
            None => File::create(self.clean(qube))?.set_len(size)?,
        }
        Ok(())
    }

    pub(crate) fn start(&self, qube: &str) -> Result<()> {
        if self.driver == Driver::Reflink {
            // As Qubes does it: a start ends an import that is under way.
            remove_if_there(&self.import(qube))?;
            if !self.dirty(qube).exists() {
                clone_file(&self.clean(qube), &self.dirty(qube))?;
            }
        }
        Ok(())
    }

    pub(crate) fn stop(&self, qube: &str, keep: u32) -> Result<()> {
        match self.driver {
            Driver::Reflink if self.dirty(qube).exists() => {
                self.commit(qube, &self.dirty(qube), keep)
            }
            _ => Ok(()),
        }
    }

    fn commit(&self, qube: &str, from: &Path, keep: u32) -> Result<()> {
        if self.driver == Driver::Reflink {
            self.add_revision(qube, keep)?;
        }
        File::open(from)
            .context("nothing was imported")?
            .sync_all()?;
        Ok(fs::rename(from, self.clean(qube))?)
    }

    pub(crate) fn import_begin(&self, qube: &str, size: u64) -> Result<PathBuf> {
        let path = self.import(qube);
        File::create(&path)?.set_len(size)?;
        Ok(path)
    }

    pub(crate) fn import_end(&self, qube: &str, success: bool, keep: u32) -> Result<()> {
        if success {
            self.commit(qube, &self.import(qube), keep)
        } else {
            self.drop_import(qube)
        }
    }

    fn drop_import(&self, qube: &str) -> Result<()> {
        remove_if_there(&self.import(qube))
    }

    /// Grows or shrinks the newest content.
    pub(crate) fn resize(&self, qube: &str, size: u64) -> Result<()> {
        Ok(File::options()
            .write(true)
            .open(self.current(qube))?
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
