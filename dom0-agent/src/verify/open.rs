//! Opening a snapshot and comparing everything: a restore that writes nothing, in a helper that
//! has the keys of one qube and no volume.

use crate::error::{Error, Result};
use crate::getting::Getting;
use crate::helper::Helper;
use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::source::ANSWER_LIMIT;
use qib_rpc::count::Counts;
use qib_rpc::id::Digest;
use qib_rpc::key::Identity;
use qib_rpc::message::restore::ToldApart;
use qib_rpc::message::verify::{VerifiedSnapshot, VerifySnapshotJob, digest_of_packs};
use qib_rpc::service::Service;

/// Opens a snapshot with the qube's data identity, in a helper of its own.
///
/// # Errors
/// What a restore would fail with, or that the snapshot is not the one that the ledger has.
pub fn open(
    machine: &Machine,
    installation: &Installation,
    history: &History,
    snapshot: &SnapshotRecord,
    (helper, data_identity): (&Helper, Identity),
    progress: &mut Progress,
) -> Result<Counts> {
    let (at, service) = (history.at()?, Service::Verify);
    let mut getting = Getting::start(machine, at, helper, service, ANSWER_LIMIT)?;
    let (qube, told_apart) = (&history.qube, ToldApart::default());
    let job = getting.job(installation, qube, snapshot, data_identity, told_apart);
    getting.talk.say(&VerifySnapshotJob {
        job,
        volume_bytes: snapshot.volume_bytes,
    })?;
    let verified: VerifiedSnapshot = getting.hear_next(&qube.name, progress)?;
    getting.end()?;
    compare(history, snapshot, &verified)?;
    Ok(verified.counts)
}

/// The ledger must say the same of the snapshot as the snapshot itself.
fn compare(history: &History, snapshot: &SnapshotRecord, found: &VerifiedSnapshot) -> Result<()> {
    let four = |counts: &Counts| {
        (
            counts.files,
            counts.folders,
            counts.others,
            counts.file_bytes,
        )
    };
    if four(&found.counts) != four(&snapshot.counts) {
        return Err(differs("holds other counts of files and bytes"));
    }
    let needed = history.packs.needed_by(snapshot.sequence);
    let packs: Vec<Digest> = needed.map(|(digest, _)| *digest).collect();
    if found.packs != digest_of_packs(packs) {
        return Err(differs("needs other packs"));
    }
    Ok(())
}

fn differs(how: &str) -> Error {
    Error::Disagree(format!(
        "the snapshot {how} than the ledger says: its helper did not tell the truth"
    ))
}
