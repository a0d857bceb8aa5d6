//! Comparing two snapshots of one qube: a helper with its keys and no volume counts what differs.

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
use qib_rpc::id::SessionId;
use qib_rpc::key::Identity;
use qib_rpc::message::backup::Progress as ProgressMessage;
use qib_rpc::message::restore::{RestoreJob, ToldApart};
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
    let session = SessionId::new(machine.random()?);
    let storage = history.storage()?;
    let request = permit(helper, history.qube.prefix, session);
    let permit = Permit::open(machine, storage, &request)?;
    let right = helper.allow(storage)?;
    let (name, service) = (helper.name(), Service::Verify);
    let mut talk = Talk::start(Peer::Helper, name, service, ANSWER_LIMIT, &machine.stop)?;
    let qube = history.qube.id;
    talk.say(&CompareJob {
        newer: RestoreJob {
            session,
            storage: storage.clone(),
            qube,
            sequence: newer.sequence,
            snapshot: newer.snapshot,
            chunk_key: installation.keys.chunk(qube),
            data_identity,
            told_apart: ToldApart::default(),
        },
        sequence: older.sequence,
        snapshot: older.snapshot,
        index_seed: installation.keys.index(qube),
        newer_index: newer.index.clone(),
        older_index: older.index.clone(),
    })?;
    let compared = loop {
        let frame = talk.hear_any()?;
        if !frame.is::<ProgressMessage>() {
            break talk.decode(&frame)?;
        }
        let counts = talk.decode::<ProgressMessage>(&frame)?.counts;
        progress.show(&history.qube.name, &counts);
    };
    right.end()?;
    check_took(permit.close()?)?;
    Ok(compared)
}

/// A snapshot of files, by its number.
///
/// # Errors
/// When there is none, or it is an image.
pub fn of_files(history: &History, number: u64) -> Result<&SnapshotRecord> {
    use qib_rpc::reading::Manner;
    let name = &history.qube.name;
    let mut snapshots = history.snapshots.iter();
    let found = snapshots.find(|snapshot| snapshot.sequence == number);
    let found = found.ok_or_else(|| {
        let text = format!("{name} has no snapshot {number}; see 'qib snapshots {name}'");
        Error::Restore(text)
    })?;
    match history.manner(number) {
        Manner::Reader | Manner::Kernel(_) => Ok(found),
        Manner::Image(_) | Manner::Disk => Err(Error::Restore(format!(
            "snapshot {number} of {name} is an image, in which qib sees no files"
        ))),
    }
}
