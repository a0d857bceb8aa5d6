//! The job as dom0 tells it.

use crate::error::{Error, Result};
use qib_rpc::line::{LineError, Receiver};
use qib_rpc::message::backup::{BackupJob, JobEnd, LivePack, LivePacks};
use std::io::Read;

/// Most packs that a helper takes: 16 TiB and more.
const MAX_PACKS: usize = 4 << 20;

/// A complete job.
pub struct Job {
    /// What to do.
    pub order: BackupJob,
    /// The packs that are live.
    pub packs: Vec<LivePack>,
}

/// Hears a job to its end.
///
/// # Errors
/// When dom0 goes away or breaks the protocol.
pub fn receive<R: Read>(dom0: &mut Receiver<R>) -> Result<Job> {
    let refused = |_| Error::Dom0(LineError::Unexpected);
    let order = dom0
        .receive::<BackupJob>()
        .map_err(Error::Dom0)?
        .map_err(refused)?;
    let mut packs = Vec::new();
    loop {
        let frame = dom0.frame().map_err(Error::Dom0)?;
        if frame.is::<JobEnd>() {
            frame
                .decode::<JobEnd>()
                .map_err(Error::Dom0)?
                .map_err(refused)?;
            return Ok(Job { order, packs });
        }
        let more = frame
            .decode::<LivePacks>()
            .map_err(Error::Dom0)?
            .map_err(refused)?;
        packs.extend_from_slice(more.packs.items());
        if packs.len() > MAX_PACKS {
            return Err(Error::Dom0(LineError::TooMuch));
        }
    }
}
