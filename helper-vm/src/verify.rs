//! `qib.Verify`: proves what is stored, and writes nothing.
//!
//! * `digests`, without any key: every object that dom0 names is streamed past and its digest
//!   compared with its name;
//! * `snapshot`, with the keys of one qube: a snapshot is opened as a restore would open it, and
//!   everything compared;
//! * with the same keys two snapshots are [compared](crate::restore::compare) with each other, and it is
//!   [counted](crate::restore::affected) what of one can not be restored where packs are lost.

mod digests;
mod objects;
mod snapshot;

use crate::confine::Needs;
use crate::dom0::Dom0;
use crate::error::{Error, Result};
use crate::restore::{Spool, affected, compare};
use qib_rpc::id::SessionId;
use qib_rpc::line::{LineError, Receiver};
use qib_rpc::message::verify::{AffectedJob, CompareJob, VerifyJob, VerifySnapshotJob};
use qib_rpc::name::QubeName;
use std::io::{Read, Write};

/// Proves what dom0 asks about; calls the storage qube through `connect` exactly once.
///
/// `connect` may confine the helper: it hears what is needed from then on, and no other thread
/// runs.
///
/// # Errors
/// Why not all was proved; dom0 has been told.
pub fn run<DR, DW, SR, SW>(
    from_dom0: DR,
    to_dom0: DW,
    connect: impl FnOnce(&QubeName, SessionId, Needs<'_>) -> Result<(SR, SW)>,
) -> Result<()>
where
    DR: Read,
    DW: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let dom0 = Dom0::new(to_dom0);
    let done = answer(Receiver::new(from_dom0), &dom0, connect);
    done.inspect_err(|error| {
        // A dom0 that is gone can not be told.
        let _told = dom0.say(&error.fault());
    })
}

fn answer<DR, DW, SR, SW>(
    mut from_dom0: Receiver<DR>,
    dom0: &Dom0<DW>,
    connect: impl FnOnce(&QubeName, SessionId, Needs<'_>) -> Result<(SR, SW)>,
) -> Result<()>
where
    DR: Read,
    DW: Write + Send + 'static,
    SR: Read + Send + 'static,
    SW: Write + Send + 'static,
{
    let frame = from_dom0.frame().map_err(Error::Dom0)?;
    let refused = |_| Error::Dom0(LineError::Lost);
    if frame.is::<VerifySnapshotJob>() {
        let job = frame.decode::<VerifySnapshotJob>().map_err(Error::Dom0)?;
        let VerifySnapshotJob { job, volume_bytes } = job.map_err(refused)?;
        let spool = Spool::new()?;
        let line = connect(&job.storage, job.session, Needs::Nothing)?;
        let open = || snapshot::open(&job, volume_bytes, dom0, line, spool);
        return dom0.say(&dom0.while_told(open)?);
    }
    if frame.is::<CompareJob>() {
        let job = frame.decode::<CompareJob>().map_err(Error::Dom0)?;
        let job = job.map_err(refused)?;
        let spool = Spool::new()?;
        let (storage, session) = (&job.newer.storage, job.newer.session);
        let line = connect(storage, session, Needs::Nothing)?;
        return dom0.say(&dom0.while_told(|| compare(&job, dom0, line, spool))?);
    }
    if frame.is::<AffectedJob>() {
        let job = frame.decode::<AffectedJob>().map_err(Error::Dom0)?;
        let job = job.map_err(refused)?;
        let spool = Spool::new()?;
        let line = connect(&job.job.storage, job.job.session, Needs::Nothing)?;
        return dom0.say(&dom0.while_told(|| affected(&job, dom0, line, spool))?);
    }
    let job = frame.decode::<VerifyJob>().map_err(Error::Dom0)?;
    let job = job.map_err(refused)?;
    let line = connect(&job.storage, job.session, Needs::Nothing)?;
    dom0.while_told(|| digests::prove(from_dom0, dom0, line))
}
