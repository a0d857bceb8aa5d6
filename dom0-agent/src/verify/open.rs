//! Opening a snapshot and comparing everything: a restore that writes nothing, in a helper that
//! has the keys of one qube and no volume.

use super::digests::{check_took, permit};
use crate::error::{Error, Peer, Result};
use crate::helper::Helper;
use crate::ledger::book::History;
use crate::ledger::record::SnapshotRecord;
use crate::machine::{Installation, Machine};
use crate::permit::Permit;
use crate::progress::Progress;
use crate::source::ANSWER_LIMIT;
use crate::talk::Talk;
use qib_rpc::count::Counts;
use qib_rpc::id::{Digest, SessionId};
use qib_rpc::key::Identity;
use qib_rpc::message::backup::Progress as ProgressMessage;
use qib_rpc::message::restore::{RestoreJob, ToldApart};
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
    let session = SessionId::new(machine.random()?);
    let storage = history.storage()?;
    let request = permit(helper, history.qube.prefix, session);
    let permit = Permit::open(machine, storage, &request)?;
    let right = helper.allow(storage)?;
    let (name, service) = (helper.name(), Service::Verify);
    let mut talk = Talk::start(Peer::Helper, name, service, ANSWER_LIMIT, &machine.stop)?;
    talk.say(&VerifySnapshotJob {
        job: RestoreJob {
            session,
            storage: storage.clone(),
            qube: history.qube.id,
            sequence: snapshot.sequence,
            snapshot: snapshot.snapshot,
            chunk_key: installation.keys.chunk(history.qube.id),
            data_identity,
            told_apart: ToldApart::default(),
        },
        volume_bytes: snapshot.volume_bytes,
    })?;
    let verified: VerifiedSnapshot = loop {
        let frame = talk.hear_any()?;
        if !frame.is::<ProgressMessage>() {
            break talk.decode(&frame)?;
        }
        let counts = talk.decode::<ProgressMessage>(&frame)?.counts;
        progress.show(&history.qube.name, &counts);
    };
    right.end()?;
    check_took(permit.close()?)?;
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
