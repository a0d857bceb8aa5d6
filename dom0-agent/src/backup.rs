//! One backup session: a still volume, a helper, a permit, a job, a ledger record.

mod commit;
mod converse;

use crate::admin::call;
use crate::admin::reply::Qube;
use crate::alarm::{self, Signs};
use crate::block::{self, Access};
use crate::destination::Destination;
use crate::error::{Error, Peer, Result};
use crate::flush;
use crate::helper::Helper;
use crate::ledger::book::History;
use crate::live::{self, Live};
use crate::machine::{Installation, Machine, Shared};
use crate::outcome::Backup;
use crate::part::Part;
use crate::permit::Permit;
use crate::pool::{Mark, Moment, Pooled, Still};
use crate::progress::Progress;
use crate::revision::Revision;
use crate::rules::QubeRules;
use crate::settings;
use crate::source;
use crate::unchanged;
use crate::undo::{Undo, Undos};
use qib_rpc::compression::Compression;
use qib_rpc::count::Counts;
use qib_rpc::fault::Code;
use qib_rpc::id::{QubeId, SessionId};
use qib_rpc::message::backup::{BackupSummary, IndexObjects};
use std::sync::PoisonError;
use std::time::Instant;

/// How the user wants it done.
#[derive(Clone, Copy, Debug)]
pub struct How<'a> {
    /// What to leave out.
    pub rules: &'a QubeRules,
    /// Read and count, store nothing.
    pub dry_run: bool,
    /// Build upon nothing that was stored.
    pub fresh: bool,
    /// How hard to compress.
    pub compression: Compression,
}

/// What a session works with.
struct Session<'a> {
    machine: &'a Machine,
    installation: &'a Shared,
    id: SessionId,
    storage: &'a Destination,
    qube: QubeId,
    part: Part,
    live: Live,
    moment: Moment,
    now: i64,
    how: How<'a>,
    index_lost: bool,
}

/// Backs one state of one volume of a qube up, to a storage qube.
///
/// # Errors
/// Whatever kept it from being stored; nothing stored before is lost.
pub fn back_up(
    (machine, installation): (&Machine, &Shared),
    (qube, storage): (&Qube, &Destination),
    (part, moment): (Part, Moment),
    how: How<'_>,
    undos: Undos,
    progress: &mut Progress,
) -> Result<Backup> {
    let began = Instant::now();
    let pooled = Pooled::find(&qube.name, part)?;
    let _lock = pooled.lock(&machine.stop, progress)?;
    // Undone before the lock is let go of.
    let mut undos = undos;
    pooled.refuse_full()?;
    let id = known(
        machine,
        &mut installation.lock(),
        (qube, storage),
        (part, how),
        &mut undos,
    )?;
    let before = match moment {
        Moment::Revision(_) => None,
        _ => Mark::of(&qube.name, part, how.rules)?,
    };
    let live = live::read(machine, &installation.lock(), id)?;
    let session = SessionId::new(machine.random()?);
    let now = machine.now();
    let mut session = Session {
        machine,
        installation,
        id: session,
        storage,
        qube: id,
        part,
        live,
        moment,
        now,
        how,
        index_lost: false,
    };
    if how.fresh {
        session.live.index = IndexObjects::default();
    }
    let (mut backup, still) = match session.run(qube, &pooled, &mut undos, progress) {
        Err(error) if session.lost_index(&error) => {
            progress.stage(
                &qube.name,
                "its index is lost at storage: everything is sent again",
            );
            undos.all()?;
            session.begin_index_anew()?;
            session.run(qube, &pooled, &mut undos, progress)?
        }
        Err(error) if session.never_started(&error) => return Err(Error::NeverStarted),
        result => result?,
    };
    if let Some(stored) = backup.stored {
        let sequence = session.commit(&stored, &backup, &still)?;
        backup.sequence = Some(sequence);
        // The same before and after: that is the state that was read.
        let same = match before {
            None => Ok(None),
            Some(before) => {
                let after = Mark::of(&qube.name, part, how.rules);
                after.map(|after| after.filter(|after| before == *after))
            }
        };
        // One at a time writes them down.
        let turn = installation.lock();
        let noted =
            same.and_then(|same| same.map_or(Ok(()), |mark| unchanged::note(id, sequence, mark)));
        drop(turn);
        if let Err(error) = noted {
            let again = format!("it will be read again even if it does not change: {error}");
            backup.warnings.push(again);
        }
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

/// The id of the volume; what dom0 knows of its qube is stored before it.
fn known(
    machine: &Machine,
    installation: &mut Installation,
    (qube, storage): (&Qube, &Destination),
    (part, how): (Part, How<'_>),
    undos: &mut Undos,
) -> Result<QubeId> {
    let id = source::known(machine, installation, qube, storage, undos)?;
    if !how.dry_run {
        settings::keep::store(machine, installation, id, qube)?;
    }
    match part {
        Part::Private => Ok(id),
        Part::Root => source::known_root(machine, installation, id, qube, undos),
    }
}

fn history(installation: &Installation, qube: QubeId) -> Result<&History> {
    let history = installation.ledger.book.history(qube);
    history.ok_or_else(|| Error::Ledger("the ledger does not know the qube".to_owned()))
}

impl Session<'_> {
    fn run(
        &mut self,
        qube: &Qube,
        pooled: &Pooled,
        undos: &mut Undos,
        progress: &mut Progress,
    ) -> Result<(Backup, Still)> {
        progress.stage(&qube.name, "starting a helper");
        let helper = Helper::start(self.machine, undos)?;
        let unsynced = self.flush(qube, progress)?;
        let still = self.still(pooled, undos)?;
        progress.stage(
            &qube.name,
            &format!("reading its {} volume {}", self.part.name(), still.state),
        );
        undos.note(Undo::Loop(still.path.clone()))?;
        let device = block::attach_loop(&still.path, Access::Read, &self.machine.stop)?;
        device.attach_to(helper.name())?;
        let permit = Permit::open(self.machine, self.storage, &self.permit(&helper, &still)?)?;
        let right = helper.allow(&self.storage.qube)?;
        let (summary, manner, dom0) = self.converse(&helper, qube, progress)?;
        right.end()?;
        let took = permit.close()?;
        converse::agree(&summary, took)?;
        let BackupSummary {
            stored,
            counts,
            left_out,
            suggestions,
            findings,
        } = summary;
        let state = still.state;
        let backup = Backup {
            part: self.part,
            stored,
            sequence: None,
            time: self.now,
            state,
            revision: self.revision().cloned(),
            manner,
            counts,
            rules: self.how.rules.clone(),
            left_out,
            alarm: self.signs(&counts)?,
            suggestions,
            findings,
            seconds: 0.0,
            dom0,
            index_lost: self.index_lost,
            warnings: unsynced.into_iter().map(str::to_owned).collect(),
        };
        Ok((backup, still))
    }

    fn still(&self, pooled: &Pooled, undos: &mut Undos) -> Result<Still> {
        let one_at_a_time = &self.machine.snapshot;
        let _turn = one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
        pooled.still(&self.moment, undos)
    }

    /// What is unusual; nothing is known of an older state, or where all had to be read again.
    fn signs(&self, counts: &Counts) -> Result<Option<Signs>> {
        let installation = self.installation.lock();
        let history = history(&installation, self.qube)?;
        let is_usual = !self.index_lost && !history.has_lost && self.revision().is_none();
        Ok(alarm::signs(history, counts, self.now).filter(|_| is_usual && !self.how.dry_run))
    }

    /// What is written down by then is in the state that is kept.
    fn flush(&self, qube: &Qube, progress: &Progress) -> Result<Option<&'static str>> {
        let runs = || -> Result<bool> {
            let found = call::find_qube(&qube.name)?;
            Ok(found.is_some_and(|qube| !qube.halted))
        };
        if self.moment != Moment::Now || !runs()? {
            return Ok(None);
        }
        progress.stage(&qube.name, "asking it to write to its disk what it holds");
        flush::ask(&qube.name, &self.machine.stop)
    }

    fn revision(&self) -> Option<&Revision> {
        match &self.moment {
            Moment::Revision(revision) => Some(revision),
            Moment::Now | Moment::LastShutdown => None,
        }
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
        let installation = self.installation.lock();
        let history = installation.ledger.book.history(self.qube);
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
}
