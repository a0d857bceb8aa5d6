//! One volume: opening its keys, and a helper that fills it.

use super::{Volume, Work};
use crate::block::{self, Access};
use crate::error::{Error, Peer, Result};
use crate::helper::Helper;
use crate::ledger::record::QubeRecord;
use crate::machine::{Installation, Machine};
use crate::part::Part;
use crate::permit::Permit;
use crate::progress::Progress;
use crate::source::ANSWER_LIMIT;
use crate::talk::Talk;
use crate::text;
use crate::undo::{Undo, Undos};
use qib_rpc::fault::Code;
use qib_rpc::id::SessionId;
use qib_rpc::key::{Identity, Passphrase};
use qib_rpc::message::Message;
use qib_rpc::message::backup::Progress as ProgressMessage;
use qib_rpc::message::key::{KeyOpenDone, KeyOpenJob};
use qib_rpc::message::permit::{PermitRequest, Quota, Verbs};
use qib_rpc::message::restore::{RestoreJob, RestorePathsJob, RestoreSummary};
use qib_rpc::name::QubeName;
use qib_rpc::path::PathPatterns;
use qib_rpc::service::Service;
use std::path::PathBuf;

/// Opens the qube's data identity with the passphrase, in a helper of its own.
///
/// # Errors
/// When the passphrase is wrong, or kit or identity are another installation's.
pub fn open_identity(
    machine: &Machine,
    installation: &Installation,
    qube: &QubeRecord,
    passphrase: Passphrase,
    undos: &mut Undos,
) -> Result<Identity> {
    let helper = Helper::start(machine, undos)?;
    let stop = &machine.stop;
    let mut talk = Talk::start(
        Peer::Helper,
        helper.name(),
        Service::KeyOpen,
        ANSWER_LIMIT,
        stop,
    )?;
    talk.say(&KeyOpenJob {
        passphrase,
        kit: installation.kit.clone(),
        sealed: qube.sealed.clone(),
        qube: qube.id,
    })?;
    let KeyOpenDone {
        identity,
        recipient,
    } = talk.hear()?;
    drop(talk);
    undos.all()?;
    if recipient != qube.recipient {
        return Err(Error::Disagree(
            "the qube's data identity is not the one in the ledger".to_owned(),
        ));
    }
    Ok(identity)
}

impl Work<'_> {
    /// Fills the new content of a volume at `path`.
    pub(super) fn fill_volume(
        &mut self,
        volume: &Volume,
        data_identity: Identity,
        target: &QubeName,
        path: PathBuf,
    ) -> Result<RestoreSummary> {
        let Work {
            machine,
            installation,
            undos,
            progress,
        } = self;
        progress.stage(target, "starting a helper");
        let helper = Helper::start(machine, undos)?;
        undos.note(Undo::Loop(path.clone()))?;
        let device = block::attach_loop(&path, Access::Write, &machine.stop)?;
        device.attach_to(helper.name())?;
        let session = SessionId::new(machine.random()?);
        let permit = Permit::open(machine, &volume.storage, &permit(volume, &helper, session))?;
        let right = helper.allow(&volume.storage)?;
        let stop = &machine.stop;
        let mut talk = Talk::start(
            Peer::Helper,
            helper.name(),
            Service::Restore,
            ANSWER_LIMIT,
            stop,
        )?;
        let job = job(installation, volume, session, data_identity);
        match &volume.paths {
            None => talk.say(&job)?,
            Some(paths) => talk.say(&of_paths(installation, volume, job, paths.clone()))?,
        }
        let summary = last_word(&mut talk, target, progress)?;
        right.end()?;
        permit.close()?;
        Ok(summary)
    }
}

/// What a helper is told of a volume's snapshot.
pub(super) fn job(
    installation: &Installation,
    volume: &Volume,
    session: SessionId,
    data_identity: Identity,
) -> RestoreJob {
    RestoreJob {
        session,
        storage: volume.storage.clone(),
        qube: volume.qube.id,
        sequence: volume.snapshot.sequence,
        snapshot: volume.snapshot.snapshot,
        chunk_key: installation.keys.chunk(volume.qube.id),
        data_identity,
        told_apart: volume.told_apart,
    }
}

/// The same of a part of it.
pub(super) fn of_paths(
    installation: &Installation,
    volume: &Volume,
    job: RestoreJob,
    paths: PathPatterns,
) -> RestorePathsJob {
    RestorePathsJob {
        job,
        index_seed: installation.keys.index(volume.qube.id),
        index: volume.snapshot.index.clone(),
        paths,
        without: volume.without,
    }
}

/// What a helper says at the end; until then its progress is shown as that of `name`.
pub(super) fn last_word<M: Message>(
    talk: &mut Talk,
    name: &QubeName,
    progress: &mut Progress,
) -> Result<M> {
    loop {
        let frame = talk.hear_any()?;
        if !frame.is::<ProgressMessage>() {
            return talk.decode::<M>(&frame);
        }
        progress.show(name, &talk.decode::<ProgressMessage>(&frame)?.counts);
    }
}

/// Says of a volume that is too small what size would do, if that is known.
pub(super) fn too_small(error: Error, volume: &Volume) -> Error {
    let Error::Fault(Peer::Helper, fault) = &error else {
        return error;
    };
    if fault.code != Code::TargetTooSmall || volume.part != Part::Private {
        return error;
    }
    let had = volume.snapshot.volume_bytes;
    let (enough, why) = match fault.needed {
        Some(needed) => (needed, "is enough"),
        None if volume.bytes < had => (had, "is what it had"),
        None => return error,
    };
    Error::Restore(format!(
        "a volume of {} is too small; nothing was restored. {enough} bytes ({}) {why}: \
         give it with --size",
        text::bytes(volume.bytes),
        text::bytes(enough),
    ))
}

/// The right to get a volume's objects.
pub(super) fn permit(volume: &Volume, helper: &Helper, session: SessionId) -> PermitRequest {
    PermitRequest {
        session,
        helper: helper.name().clone(),
        prefix: volume.qube.prefix,
        verbs: Verbs::Restore,
        quota: Quota {
            bytes: 0,
            objects: 0,
        },
    }
}
