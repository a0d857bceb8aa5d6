//! A still image of a qube's volume, by its pool's own means.

mod callback;
mod driver;
mod file;
mod lock;
mod lvm_thin;
mod mark;
mod reflink;
mod room;
mod zfs;

use crate::admin::call::{self, Fill, Volume};
use crate::block;
use crate::error::{Error, Result};
use crate::part::Part;
use crate::progress::Progress;
use crate::revision::{Revision, RevisionId};
use crate::stop::Stop;
use crate::undo::Undos;
use driver::Driver;
use qib_rpc::name::QubeName;
use std::path::{Path, PathBuf};

pub use lock::Lock;
pub use mark::Mark;

const IN_PLACE: &str = "it writes to what its last shutdown left ('revisions_to_keep' is -1)";

/// How often a qube may start or stop under our hands.
const ATTEMPTS: u32 = 5;

/// Which state of a volume is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The one that it is in.
    Now,
    /// The one that its qube's last shutdown left.
    LastShutdown,
    /// An older one that its pool keeps.
    Revision(Revision),
}

/// A volume that nobody writes to while a helper reads it.
#[derive(Debug)]
pub struct Still {
    /// The file or device to read.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// What it shows, for the person at the terminal.
    pub state: &'static str,
}

/// What a driver makes, to be read.
struct Made {
    path: PathBuf,
    /// It holds what a running qube wrote to, or one that crashed.
    is_live: bool,
}

/// A volume of a qube, in its pool.
#[derive(Debug)]
pub struct Pooled {
    qube: QubeName,
    part: Part,
    volume: Volume,
    driver: Driver,
}

impl Pooled {
    /// Finds a volume.
    ///
    /// # Errors
    /// When qubesd does not tell, or its pool's driver is not supported.
    pub fn find(qube: &QubeName, part: Part) -> Result<Self> {
        let volume = call::volume(qube, part.name())?;
        let driver = Driver::of(&volume.pool)?;
        Ok(Self {
            qube: qube.clone(),
            part,
            volume,
            driver,
        })
    }

    /// The name of its pool.
    pub fn pool(&self) -> &str {
        &self.volume.pool
    }

    /// How much of its pool is used, in percent, where the pool can tell.
    ///
    /// # Errors
    /// When qubesd does not tell.
    pub fn used_percent(&self) -> Result<Option<u64>> {
        Ok(call::pool_usage(self.pool())?.data.map(Fill::percent))
    }

    /// Refuses a pool that is nearly full.
    ///
    /// # Errors
    /// When it is, or qubesd does not tell.
    pub fn refuse_full(&self) -> Result<()> {
        room::refuse_full(&self.volume.pool, &self.driver)
    }

    /// Waits until no other snapshot is in its pool, if that is one in which one at a time is
    /// enough.
    ///
    /// # Errors
    /// When somebody asked to stop.
    pub fn lock(&self, stop: &Stop, progress: &Progress) -> Result<Option<Lock>> {
        match self.driver {
            Driver::Reflink(_) | Driver::File(_) => Ok(None),
            Driver::LvmThin | Driver::Zfs(_) => {
                let pool = &self.volume.pool;
                let text = format!("waiting for another snapshot in the pool {pool}");
                let waiting = || progress.stage(&self.qube, &text);
                Lock::take(pool, stop, waiting).map(Some)
            }
        }
    }

    /// Makes a still image of it.
    ///
    /// # Errors
    /// When the qube's state does not allow it, or the pool fails.
    pub fn still(&self, moment: &Moment, undos: &mut Undos) -> Result<Still> {
        let refuse = || Error::Volume(IN_PLACE.to_owned());
        let is_last = *moment == Moment::LastShutdown;
        if is_last && self.is_written_in_place()? {
            return Err(refuse());
        }
        let Made { path, is_live } = self.make(moment, undos)?;
        let in_place = self.is_written_in_place()?;
        if is_last && in_place {
            return Err(refuse());
        }
        let bytes = block::length(&path)?;
        let state = match moment {
            Moment::Revision(_) => "as its pool kept it",
            _ if is_live || in_place => "as it is now",
            _ => "as it was left at its last shutdown",
        };
        Ok(Still { path, bytes, state })
    }

    /// A running qube writes to what its last shutdown left.
    fn is_written_in_place(&self) -> Result<bool> {
        let runs = || call::find_qube(&self.qube);
        Ok(!self.volume.keeps_last_shutdown && runs()?.is_some_and(|qube| !qube.halted))
    }

    fn make(&self, moment: &Moment, undos: &mut Undos) -> Result<Made> {
        match &self.driver {
            Driver::LvmThin => lvm_thin::still(&self.volume, moment, undos),
            Driver::Reflink(folder) => {
                reflink::still(folder, &image(folder, &self.volume)?, moment, undos)
            }
            Driver::Zfs(container) => zfs::still(container, &self.volume, moment, undos),
            Driver::File(folder) => {
                file::still(&self.qube, &image(folder, &self.volume)?, moment, undos)
            }
        }
    }

    /// The older states that its pool keeps, the oldest first.
    ///
    /// # Errors
    /// When qubesd or the pool do not tell.
    pub fn revisions(&self) -> Result<Vec<Revision>> {
        let ids = call::revisions(&self.qube, self.part.name())?;
        let dated = ids.into_iter().map(|id| {
            let time = self.time_of(&id)?;
            Ok(Revision { id, time })
        });
        let mut revisions = dated.collect::<Result<Vec<_>>>()?;
        revisions.sort_by(|one, other| (one.time, &one.id).cmp(&(other.time, &other.id)));
        Ok(revisions)
    }

    fn time_of(&self, id: &RevisionId) -> Result<i64> {
        let time = match &self.driver {
            Driver::LvmThin => lvm_thin::time_of(id),
            Driver::Reflink(folder) => reflink::time_of(&image(folder, &self.volume)?, id)?,
            Driver::Zfs(_) => zfs::time_of(id),
            Driver::File(_) => return Err(file::no_revisions()),
        };
        time.ok_or_else(|| Error::Volume(format!("its revision {id} has an unusual name")))
    }
}

/// The image's path without its ending.
fn image(folder: &Path, volume: &Volume) -> Result<PathBuf> {
    let is_plain = |part: &str| !part.is_empty() && part != "..";
    if volume.vid.split('/').all(is_plain) {
        Ok(folder.join(&volume.vid))
    } else {
        Err(driver::unusual(&volume.pool))
    }
}

fn restless() -> Error {
    Error::Volume("it starts or stops all the time; run again".to_owned())
}

fn gone(what: &impl std::fmt::Display) -> Error {
    Error::Volume(format!("its volume {what} does not exist"))
}
