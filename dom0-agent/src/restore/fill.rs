//! One volume: opening its keys, and a helper that fills it.

use super::patience::Patience;
use super::{Volume, Work};
use crate::block::{self, Access};
use crate::error::{Error, Peer, Result};
use crate::getting::Getting;
use crate::helper::Helper;
use crate::ledger::record::QubeRecord;
use crate::machine::{Installation, Machine};
use crate::part::Part;
use crate::source::ANSWER_LIMIT;
use crate::talk::Talk;
use crate::text;
use crate::undo::{Undo, Undos};
use qib_rpc::class::Class;
use qib_rpc::fault::Code;
use qib_rpc::id::Digest;
use qib_rpc::key::{Identity, Passphrase};
use qib_rpc::message::key::{KeyOpenDone, KeyOpenJob};
use qib_rpc::message::lost::LostPacks;
use qib_rpc::message::restore::{RestoreJob, RestorePathsJob, RestoreSummary, ResumeJob};
use qib_rpc::name::QubeName;
use qib_rpc::object::{Kind, ObjectName};
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
    let mut talk = Talk::with_helper(helper.name(), Service::KeyOpen, ANSWER_LIMIT, stop)?;
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

/// A volume that is filled.
pub(super) struct Filling<'a> {
    pub(super) volume: &'a Volume,
    pub(super) data_identity: Identity,
    /// The qube that it is to be of.
    pub(super) target: &'a QubeName,
    /// Where its new content is.
    pub(super) path: PathBuf,
}

impl Work<'_> {
    /// Fills the new content of a volume. Where that is interrupted, another helper goes on with
    /// what came so far.
    pub(super) fn fill_volume(&mut self, filling: &Filling<'_>) -> Result<RestoreSummary> {
        let mut patience = Patience::default();
        loop {
            let mut came = 0;
            let error = match self.fill_once(filling, patience.has_begun(), &mut came) {
                Ok(summary) => return Ok(summary),
                Err(error) => error,
            };
            let Some(wait) = patience.wait(&error, came) else {
                return Err(error);
            };
            self.undos.only(Undo::is_of_helper)?;
            let seconds = wait.as_secs();
            let next = format!("going on in {seconds} s with what came so far; ^C ends it");
            self.progress.stage(filling.target, &error.to_string());
            self.progress.stage(filling.target, &next);
            if self.machine.stop.wait(wait) {
                return Err(Error::Stopped);
            }
        }
    }

    /// Has one helper fill it, or the rest of it; `came` becomes the bytes of data that it brought
    /// or found there.
    fn fill_once(
        &mut self,
        filling: &Filling<'_>,
        has_begun: bool,
        came: &mut u64,
    ) -> Result<RestoreSummary> {
        let Work {
            machine,
            installation,
            undos,
            progress,
        } = self;
        let Filling { volume, target, .. } = filling;
        progress.stage(target, "starting a helper");
        let helper = Helper::start(machine, undos)?;
        undos.note(Undo::Loop(filling.path.clone()))?;
        let device = block::attach_loop(&filling.path, Access::Write, &machine.stop)?;
        device.attach_to(helper.name())?;
        let service = Service::Restore;
        let mut getting = Getting::start(machine, volume.at(), &helper, service, ANSWER_LIMIT)?;
        let (qube, snapshot) = (&volume.qube, &volume.snapshot);
        let identity = filling.data_identity.clone();
        let job = getting.job(installation, qube, snapshot, identity, volume.told_apart);
        match &volume.paths {
            Some(paths) => {
                let part = of_paths(installation, volume, job, paths.clone())?;
                getting.talk.say(&RestorePathsJob {
                    resumes: has_begun,
                    ..part
                })?;
            }
            None if has_begun => getting.talk.say(&ResumeJob {
                job,
                index_seed: installation.keys.index(qube.id),
                index: snapshot.index.clone(),
            })?,
            None => getting.talk.say(&job)?,
        }
        let heard = getting.hear_next(target, progress);
        *came = getting.came;
        let summary = heard?;
        getting.end()?;
        Ok(summary)
    }
}

/// What a helper is told of a part of a volume's snapshot.
pub(super) fn of_paths(
    installation: &Installation,
    volume: &Volume,
    job: RestoreJob,
    paths: PathPatterns,
) -> Result<RestorePathsJob> {
    Ok(RestorePathsJob {
        job,
        index_seed: installation.keys.index(volume.qube.id),
        index: volume.snapshot.index.clone(),
        paths,
        without: volume.without,
        lost: lost(installation, volume)?,
        resumes: false,
    })
}

/// The packs that were found lost, of those that the snapshot needs, where that matters.
fn lost(installation: &Installation, volume: &Volume) -> Result<LostPacks> {
    let history = installation.ledger.book.history(volume.qube.id);
    let history = history.filter(|_| volume.without.has(Class::Lost));
    let needed = history.into_iter().flat_map(|history| {
        let needed = history.packs.needed_by(volume.snapshot.sequence);
        needed.filter(|(digest, _)| {
            let (kind, digest) = (Kind::Pack, **digest);
            let object = ObjectName { kind, digest };
            history.proofs.lost().any(|lost| *lost == object)
        })
    });
    let lost: Vec<Digest> = needed.map(|(digest, _)| *digest).collect();
    let lost = LostPacks::try_from(lost);
    lost.map_err(|why| Error::Restore(why.to_owned()))
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
