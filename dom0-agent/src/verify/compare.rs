//! Comparing two snapshots of one qube: a helper with its keys and no volume counts what differs.

use crate::error::Result;
use crate::getting::Getting;
use crate::helper::Helper;
use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::source::ANSWER_LIMIT;
use qib_rpc::key::Identity;
use qib_rpc::message::restore::ToldApart;
use qib_rpc::message::verify::{CompareJob, Compared};
use qib_rpc::service::Service;

/// Has a helper say in what the newer of two snapshots differs from the older.
///
/// # Errors
/// When one can not be opened.
pub fn compare(
    machine: &Machine,
    installation: &Installation,
    history: &History,
    (older, newer): (&SnapshotRecord, &SnapshotRecord),
    (helper, data_identity): (&Helper, Identity),
    progress: &mut Progress,
) -> Result<Compared> {
    let (at, service) = (history.at()?, Service::Verify);
    let mut getting = Getting::start(machine, at, helper, service, ANSWER_LIMIT)?;
    let (qube, told_apart) = (&history.qube, ToldApart::default());
    getting.talk.say(&CompareJob {
        newer: getting.job(installation, qube, newer, data_identity, told_apart),
        sequence: older.sequence,
        snapshot: older.snapshot,
        index_seed: installation.keys.index(qube.id),
        newer_index: newer.index.clone(),
        older_index: older.index.clone(),
    })?;
    let compared = getting.hear_next(&qube.name, progress)?;
    getting.end()?;
    Ok(compared)
}
