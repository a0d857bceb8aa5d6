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
            Driver::Zfs => {
                self.refuse_import_in_progress(qube, volume)?;
                return self.start_zfs(qube, volume, keep);
            }
        }
        if keep < 0 {
            for revision in self.revisions(qube, volume)? {
                fs::remove_file(revision.file)?;
            }
        } else if !dirty.exists() {
            clone_file(&self.clean(qube, volume), &dirty)?;
        }
        Ok(())
    }

    fn start_zfs(&self, qube: &str, volume: &str, keep: i32) -> Result<()> {
        let dirty = self.zfs().dirty(&self.vid(qube, volume));
        if dirty.exists() {
            return Ok(());
        }
        self.add_revision(qube, volume, keep, "before-start")?;
        if keep < 0 {
            self.mark_clean(qube, volume, keep)?;
        }
        fs::create_dir_all(dirty.parent().unwrap_or(&dirty))?;
        File::create(dirty)?;
        Ok(())
    }

    /// Snapshots what a qube left, in place of what it left the time before.
    fn mark_clean(&self, qube: &str, volume: &str, keep: i32) -> Result<()> {
        let (zfs, vid) = (self.zfs(), self.vid(qube, volume));
        let mut older = zfs.snapshots(&vid)?;
        older.retain(|(name, _)| name.starts_with("qubes-clean"));
        if keep >= 0 {
            let name = format!("qubes-clean-{:.8}", crate::random::id()?);
            zfs.take(&vid, &self.clean(qube, volume), &name)?;
        }
        for (_, file) in older {
            fs::remove_file(file)?;
        }
        Ok(())
    }

    pub(crate) fn stop(&self, qube: &str, volume: &str, keep: i32) -> Result<()> {
        if self.driver == Driver::Zfs {
            let dirty = self.zfs().dirty(&self.vid(qube, volume));
            if dirty.exists() {
                fs::remove_file(dirty)?;
                self.mark_clean(qube, volume, keep)?;
            }
            return Ok(());
        }
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
        match self.driver {
            Driver::Zfs => {
                self.remove_volume(qube, volume)?;
                fs::rename(from, self.clean(qube, volume))?;
                self.add_revision(qube, volume, keep, "after-import-data")?;
                return self.mark_clean(qube, volume, keep);
            }
            Driver::File => {}
            _ => self.add_revision(qube, volume, keep, "")?,
        }
        Ok(fs::rename(from, self.clean(qube, volume))?)
    }

    pub(crate) fn import_begin(&self, qube: &str, volume: &str, size: u64) -> Result<PathBuf> {
        if matches!(self.driver, Driver::LvmThin | Driver::Zfs) {
            self.refuse_import_in_progress(qube, volume)?;
        }
        let import = self.import(qube, volume);
        fs::create_dir_all(import.parent().unwrap_or(&import))?;
        File::create(import)?.set_len(size)?;
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
        if matches!(self.driver, Driver::LvmThin | Driver::Zfs) {
            ["root", "private"].iter().try_for_each(|volume| {
                self.remove_volume(qube, volume)?;
                remove_if_there(&self.import(qube, volume))
            })?;
        }
        if self.driver == Driver::LvmThin {
            return Ok(());
        }
        let folder = self.folder(qube);
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
    }

    fn remove_volume(&self, qube: &str, volume: &str) -> Result<()> {
        if self.driver == Driver::Zfs {
            let (zfs, vid) = (self.zfs(), self.vid(qube, volume));
            remove_if_there(&zfs.dirty(&vid))?;
            for (_, file) in zfs.snapshots(&vid)? {
                fs::remove_file(file)?;
            }
        } else {
            for revision in self.revisions(qube, volume)? {
                fs::remove_file(revision.file)?;
            }
        }
        remove_if_there(&self.dirty(qube, volume))?;
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
