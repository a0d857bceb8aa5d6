//! What of a snapshot can not be restored where packs are lost: a helper with the qube's keys counts it.

use crate::error::{Error, Result};
use crate::getting::Getting;
use crate::helper::Helper;
use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::source::ANSWER_LIMIT;
use qib_rpc::id::Digest;
use qib_rpc::key::Identity;
use qib_rpc::message::restore::ToldApart;
use qib_rpc::message::verify::{Affected, AffectedJob};
use qib_rpc::service::Service;

/// Has a helper count what of a snapshot needs the packs in `lost`.
///
/// # Errors
/// When they are too many, or what else it needs can not be opened.
pub fn affected(
    machine: &Machine,
    installation: &Installation,
    (history, snapshot): (&History, &SnapshotRecord),
    lost: Vec<Digest>,
    (helper, data_identity): (&Helper, Identity),
    progress: &mut Progress,
) -> Result<Affected> {
    let lost = lost.try_into();
    let lost = lost.map_err(|_| Error::Restore("too many packs are lost to count".to_owned()))?;
    let (at, service) = (history.at()?, Service::Verify);
    let mut getting = Getting::start(machine, at, helper, service, ANSWER_LIMIT)?;
    let (qube, told_apart) = (&history.qube, ToldApart::default());
    getting.talk.say(&AffectedJob {
        job: getting.job(installation, qube, snapshot, data_identity, told_apart),
        index_seed: installation.keys.index(qube.id),
        index: snapshot.index.clone(),
        lost,
    })?;
    let affected = getting.hear_next(&qube.name, progress)?;
    getting.end()?;
    Ok(affected)
}
