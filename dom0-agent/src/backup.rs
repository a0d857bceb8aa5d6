//! One backup session: a still volume, a helper, a permit, a job, a ledger record.

mod commit;

use crate::admin::reply::Qube;
use crate::block::{self, Access};
use crate::error::{Error, Peer, Result};
use crate::helper::Helper;
use crate::live::{self, Live};
use crate::machine::{Installation, Machine};
use crate::outcome::{Backup, Dom0};
use crate::permit::Permit;
use crate::pool::{self, Still};
use crate::progress::Progress;
use crate::source::{self, ANSWER_LIMIT};
use crate::talk::Talk;
use crate::undo::{Undo, Undos};
use qib_rpc::fault::Code;
use qib_rpc::id::{QubeId, SessionId};
use qib_rpc::limit::{MAX_PACKS_IN_MESSAGE, MAX_PARTIALS};
use qib_rpc::message::backup::{
    self as message, BackupJob, BackupSummary, IndexObjects, JobEnd, LivePacks, Partial,
};
use qib_rpc::message::permit::{PermitRequest, Quota, Took, Verbs};
use qib_rpc::rule::Rules;
use qib_rpc::service::Service;
use std::time::Instant;

/// What a session works with.
struct Session<'a> {
    machine: &'a Machine,
    installation: &'a mut Installation,
    id: SessionId,
    qube: QubeId,
    live: Live,
    now: i64,
    dry_run: bool,
    index_lost: bool,
}

/// Backs one qube up.
///
/// # Errors
/// Whatever kept it from being stored; nothing stored before is lost.
pub fn back_up(
    machine: &Machine,
    installation: &mut Installation,
    qube: &Qube,
    dry_run: bool,
    progress: &mut Progress,
) -> Result<Backup> {
    let began = Instant::now();
    let mut undos = Undos::sweep()?;
    let id = source::known(machine, installation, qube, &mut undos)?;
    let settings = source::settings(&qube.name)?;
    let live = live::read(machine, installation, id)?;
    let session = SessionId::new(machine.random()?);
    let now = machine.now();
    let mut session = Session {
        machine,
        installation,
        id: session,
        qube: id,
        live,
        now,
        dry_run,
        index_lost: false,
    };
    let (mut backup, still) = match session.run(qube, &mut undos, progress) {
        Err(error) if session.lost_index(&error) => {
            progress.stage(
                &qube.name,
                "its index is lost at storage: everything is sent again",
            );
            undos.all()?;
            session.begin_index_anew()?;
            session.run(qube, &mut undos, progress)?
        }
        Err(error) if session.never_started(&error) => return Err(Error::NeverStarted),
        result => result?,
    };
    if let Some(stored) = backup.stored {
        backup.sequence = Some(session.commit(&stored, &backup, &still, settings)?);
        if let Err(error) = session.copy_ledger() {
            let late = format!("the ledger's copy at the storage qube is late: {error}");
            backup.warnings.push(late);
        }
    }
    if let Err(error) = undos.all() {
        backup
            .warnings
            .push(format!("something was left behind: {error}"));
    }
    backup.seconds = began.elapsed().as_secs_f64();
    Ok(backup)
}

impl Session<'_> {
    fn run(
        &mut self,
        qube: &Qube,
        undos: &mut Undos,
        progress: &mut Progress,
    ) -> Result<(Backup, Still)> {
        progress.stage(&qube.name, "starting a helper");
        let helper = Helper::start(self.machine, undos)?;
        let still = pool::still(&qube.name, undos)?;
        progress.stage(
            &qube.name,
            &format!("reading its private volume {}", still.state),
        );
        undos.note(Undo::Loop(still.path.clone()))?;
        let device = block::attach_loop(&still.path, Access::Read, &self.machine.stop)?;
        device.attach_to(helper.name())?;
        let permit = Permit::open(self.machine, &self.permit(&helper, &still)?)?;
        helper.allow_storage()?;
        let (summary, dom0) = self.converse(&helper, qube, progress)?;
        helper.forbid_storage()?;
        let took = permit.close()?;
        agree(&summary, took)?;
        let BackupSummary {
            stored,
            counts,
            left_out,
        } = summary;
        let state = still.state;
        let backup = Backup {
            stored,
            sequence: None,
            time: self.now,
            state,
            counts,
            left_out,
            seconds: 0.0,
            dom0,
            index_lost: self.index_lost,
            warnings: Vec::new(),
        };
        Ok((backup, still))
    }

    /// True when the session failed for an index object, which only makes a run quick.
    fn lost_index(&self, error: &Error) -> bool {
        let Error::Fault(Peer::Helper, fault) = error else {
            return false;
        };
        let lost = matches!(fault.code, Code::Missing | Code::Damaged | Code::NotOurs);
        lost && fault
            .object
            .is_some_and(|object| self.live.index.items().contains(&object))
    }

    /// True when the volume is empty and nobody ever saw it otherwise.
    fn never_started(&self, error: &Error) -> bool {
        let history = self.installation.ledger.book.history(self.qube);
        let was_stored = history.is_some_and(|history| !history.snapshots.is_empty());
        matches!(error, Error::Fault(Peer::Helper, fault) if fault.code == Code::VolumeEmpty)
            && !was_stored
    }

    fn begin_index_anew(&mut self) -> Result<()> {
        self.live.index = IndexObjects::default();
        self.id = SessionId::new(self.machine.random()?);
        self.index_lost = true;
        Ok(())
    }

    fn permit(&self, helper: &Helper, still: &Still) -> Result<PermitRequest> {
        let readable = self.live.readable()?;
        let bytes = still
            .bytes
            .saturating_add(still.bytes / 8)
            .saturating_add(256 << 20);
        let objects = 1000u64.saturating_add(bytes >> 20);
        let quota = if self.dry_run {
            Quota {
                bytes: 0,
                objects: 0,
            }
        } else {
            Quota { bytes, objects }
        };
        Ok(PermitRequest {
            session: self.id,
            helper: helper.name().clone(),
            prefix: self.history()?.qube.prefix,
            verbs: Verbs::Backup(readable),
            quota,
        })
    }

    fn converse(
        &mut self,
        helper: &Helper,
        qube: &Qube,
        progress: &mut Progress,
    ) -> Result<(BackupSummary, Dom0)> {
        let stop = &self.machine.stop;
        let mut talk = Talk::start(
            Peer::Helper,
            helper.name(),
            Service::Backup,
            ANSWER_LIMIT,
            stop,
        )?;
        talk.say(&self.job()?)?;
        for packs in self.live.packs.chunks(MAX_PACKS_IN_MESSAGE) {
            let packs = packs
                .to_vec()
                .try_into()
                .map_err(|_| Error::Disagree(String::new()))?;
            talk.say(&LivePacks { packs })?;
        }
        talk.say(&JobEnd {})?;
        let mut partials = 0;
        loop {
            let frame = talk.hear_any()?;
            if frame.is::<message::Progress>() {
                progress.show(
                    &qube.name,
                    &talk.decode::<message::Progress>(&frame)?.counts,
                );
            } else if frame.is::<Partial>() && partials < MAX_PARTIALS && !self.dry_run {
                partials += 1;
                self.note_partial(talk.decode(&frame)?)?;
            } else {
                let summary: BackupSummary = talk.decode(&frame)?;
                if summary.stored.is_none() != self.dry_run {
                    return Err(Error::Disagree(
                        "the helper did another job than asked".to_owned(),
                    ));
                }
                return Ok((summary, Dom0::heard(talk.heard())));
            }
        }
    }

    fn job(&self) -> Result<BackupJob> {
        let history = self.history()?;
        let keys = &self.installation.keys;
        Ok(BackupJob {
            session: self.id,
            storage: self.machine.config.storage.clone(),
            qube: self.qube,
            sequence: history.next_sequence(),
            now: self.now,
            previous: history.snapshots.last().map(|last| last.time),
            rules: Rules::DEFAULT,
            dry_run: self.dry_run,
            chunk_key: keys.chunk(self.qube),
            cut_key: keys.cut(self.qube),
            index_seed: keys.index(self.qube),
            packs_key: keys.packs(self.qube, self.id),
            data_recipient: history.qube.recipient.clone(),
            index: self.live.index.clone(),
        })
    }

    fn history(&self) -> Result<&crate::ledger::book::History> {
        let history = self.installation.ledger.book.history(self.qube);
        history.ok_or_else(|| Error::Ledger("the ledger does not know the qube".to_owned()))
    }
}

/// Storage and helper must have counted the same: nothing in a dry run, where the
/// helper counts what it would have put.
fn agree(summary: &BackupSummary, took: Took) -> Result<()> {
    let counts = &summary.counts;
    let put = match summary.stored {
        Some(_) => Took {
            bytes: counts.bytes_stored,
            objects: counts.objects,
            calls: 1,
        },
        None => Took {
            bytes: 0,
            objects: 0,
            calls: 1,
        },
    };
    if took == put {
        return Ok(());
    }
    Err(Error::Disagree(format!(
        "the helper counts {} objects of {} bytes, the storage qube {} of {} in {} calls; \
         nothing was recorded; run again",
        counts.objects, counts.bytes_stored, took.objects, took.bytes, took.calls
    )))
}
