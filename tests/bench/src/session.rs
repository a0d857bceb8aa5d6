//! One volume, set up for every tool: the lab, and each peer's place.

use std::collections::HashSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::bytes;
use crate::cgroup::Cgroup;
use crate::change::Change;
use crate::corpus::{Corpus, ONE_FILE};
use crate::folder::Folder;
use crate::meter::measure;
use crate::mount::{Mount, make_ext4};
use crate::peer::{Paths, Peer, Place};
use crate::qib::{HELPER, Qib};
use crate::results::Figures;
use crate::scale::Scale;
use crate::temperature::{Temperature, drop_caches, read_all};
use crate::tool::Tool;
use crate::workload::Action;

/// A volume and the repositories of the tools.
#[derive(Debug)]
pub(crate) struct Session {
    qib: Qib,
    run: PathBuf,
    /// Tools that have the volume stored.
    stored: HashSet<&'static str>,
}

impl Session {
    pub(crate) fn open(
        folder: &Folder,
        programs: &Path,
        corpus: Corpus,
        scale: Scale,
    ) -> Result<Self> {
        let image = corpus.image(&folder.volumes(), scale)?;
        let run = folder.run();
        fs::create_dir_all(&run)?;
        let qib = Qib::new(programs, &run, &image)?;
        corpus.copied(&image)?;
        Ok(Self {
            qib,
            run,
            stored: HashSet::new(),
        })
    }

    /// Runs a tool, measured.
    pub(crate) fn measure(
        &mut self,
        tool: Tool,
        action: Action,
        temperature: Temperature,
    ) -> Result<Figures> {
        match action {
            Action::First => self.reset(tool)?,
            _ => self.store(tool)?,
        }
        let figures = match tool {
            Tool::Qib => self.run_qib(action, temperature)?,
            Tool::Peer(peer) => self.run_peer(peer, action, temperature)?,
        };
        self.stored.insert(tool.name());
        Ok(figures)
    }

    /// Has the volume stored by a tool that has not.
    pub(crate) fn store(&mut self, tool: Tool) -> Result<()> {
        if self.stored.contains(tool.name()) {
            return Ok(());
        }
        eprintln!("qib-bench: {} stores the volume first", tool.name());
        self.measure(tool, Action::First, Temperature::Warm)
            .map(drop)
    }

    /// Changes the volume.
    pub(crate) fn change(&self, change: Change, seed: u64) -> Result<()> {
        let mount = Mount::writable(&self.qib.volume()?, &self.volume())?;
        change.apply(mount.path(), seed)
    }

    /// The volume, read-only.
    pub(crate) fn mounted(&self) -> Result<Mount> {
        Mount::read_only(&self.qib.volume()?, &self.volume())
    }

    /// The volume as a file, and a place beside it, for a copy that shares its blocks.
    pub(crate) fn files(&self) -> Result<(PathBuf, PathBuf)> {
        Ok((self.qib.volume()?, self.qib.pool().join("before.img")))
    }

    fn reset(&mut self, tool: Tool) -> Result<()> {
        self.stored.remove(tool.name());
        let Tool::Peer(peer) = tool else {
            return self.qib.reset();
        };
        Place::new(&self.run, peer).reset(&self.paths()?)
    }

    fn run_qib(&self, action: Action, temperature: Temperature) -> Result<Figures> {
        match temperature {
            Temperature::Cold => drop_caches()?,
            Temperature::Warm if action.reads_volume() => read_all(self.mounted()?.path())?,
            Temperature::Warm => read_all(&self.qib.repository())?,
        }
        let (moved, cost) = match action {
            Action::First | Action::Again => self.qib.back_up()?,
            Action::Restore => self.qib.restore(None)?,
            Action::RestoreFile => self.qib.restore(Some(ONE_FILE))?,
        };
        Ok(Figures {
            stored_bytes: Some(self.qib.stored()?),
            sent_bytes: action.reads_volume().then_some(moved),
            fetched_bytes: (!action.reads_volume()).then_some(moved),
            ..Figures::of(&cost, Some(HELPER))
        })
    }

    fn run_peer(&self, peer: &Peer, action: Action, temperature: Temperature) -> Result<Figures> {
        let place = Place::new(&self.run, peer);
        let reads_volume = action.reads_volume();
        let target = (!reads_volume).then(|| self.target()).transpose()?;
        if temperature == Temperature::Cold {
            drop_caches()?;
        }
        let volume = reads_volume.then(|| self.mounted()).transpose()?;
        if temperature == Temperature::Warm {
            read_all(volume.as_ref().map_or(&place.repository(), Mount::path))?;
        }
        let script = match action {
            Action::First | Action::Again => Some(peer.back_up),
            Action::Restore => peer.restore,
            Action::RestoreFile => peer.restore_file,
        };
        let script = script.with_context(|| format!("{} can not do that", peer.name))?;
        let (paths, before) = (self.paths()?, place.stored()?);
        let group = Cgroup::new("peer");
        let sync = target.as_ref().map(|(mount, _)| File::open(mount.path()));
        let sync = sync.transpose()?;
        let ((), cost) = measure(group.as_ref(), || {
            place.run(script, &paths, group.as_ref())?;
            Ok(sync.as_ref().map_or(Ok(()), rustix::fs::syncfs)?)
        })?;
        drop(sync);
        if let Some((mount, _)) = &target {
            self.check_restored(mount, action)?;
        }
        let stored = place.stored()?;
        Ok(Figures {
            stored_bytes: Some(stored),
            sent_bytes: reads_volume.then(|| stored.saturating_sub(before)),
            ..Figures::of(&cost, None)
        })
    }

    /// A restore that brought back too little must not look fast.
    fn check_restored(&self, target: &Mount, action: Action) -> Result<()> {
        let volume = self.mounted()?;
        let expected = match action {
            Action::RestoreFile => fs::metadata(volume.path().join(ONE_FILE))?.len(),
            _ => bytes::below(volume.path())?,
        };
        let found = bytes::below(&target.path().join("files"))?;
        ensure!(found >= expected, "{found} of {expected} bytes came back");
        Ok(())
    }

    /// A new, mounted file system beside the volume, and what removes it.
    fn target(&self) -> Result<(Mount, Removed)> {
        let image = Removed(self.qib.pool().join("target.img"));
        let size = fs::metadata(self.qib.volume()?)?.len();
        make_ext4(&image.0, size, &["-i", "4096"])?;
        let mount = Mount::writable(&image.0, &self.run.join("target"))?;
        fs::create_dir(mount.path().join("files"))?;
        Ok((mount, image))
    }

    fn volume(&self) -> PathBuf {
        self.run.join("volume")
    }

    fn paths(&self) -> Result<Paths> {
        Ok(Paths {
            volume: self.volume(),
            image: self.qib.volume()?,
            target: self.run.join("target/files"),
        })
    }
}

/// A file that goes when this is dropped.
#[derive(Debug)]
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            eprintln!("qib-bench: {}: {error}", self.0.display());
        }
    }
}
