//! One backup session: a still volume, a helper, a permit, a job, a ledger record.

mod commit;
mod converse;

use crate::admin::reply::Qube;
use crate::block::{self, Access};
use crate::error::{Error, Peer, Result};
use crate::helper::Helper;
use crate::live::{self, Live};
use crate::machine::{Installation, Machine};
use crate::outcome::Backup;
use crate::part::Part;
use crate::permit::Permit;
use crate::pool::{self, Mark, Moment, Still};
use crate::progress::Progress;
use crate::source;
use crate::unchanged;
use crate::undo::{Undo, Undos};
use qib_rpc::compression::Compression;
use qib_rpc::fault::Code;
use qib_rpc::id::{QubeId, SessionId};
use qib_rpc::message::backup::{BackupSummary, IndexObjects};
use std::time::Instant;

/// How the user wants it done.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Read and count, store nothing.
    pub dry_run: bool,
    /// Which state of a running qube to read.
    pub moment: Moment,
    /// How hard to compress.
    pub compression: Compression,
}

/// What a session works with.
struct Session<'a> {
    machine: &'a Machine,
    installation: &'a mut Installation,
    id: SessionId,
    qube: QubeId,
    part: Part,
    live: Live,
    now: i64,
    how: How,
    index_lost: bool,
}

/// Backs one volume of a qube up.
///
/// # Errors
/// Whatever kept it from being stored; nothing stored before is lost.
pub fn back_up(
    machine: &Machine,
    installation: &mut Installation,
    qube: &Qube,
    part: Part,
    how: How,
    progress: &mut Progress,
) -> Result<Backup> {
    let began = Instant::now();
    let mut undos = Undos::sweep()?;
    let mut id = source::known(machine, installation, qube, &mut undos)?;
    if part == Part::Root {
        id = source::known_root(machine, installation, id, qube, &mut undos)?;
    }
    let settings = source::settings(&qube.name)?;
    let before = Mark::of(&qube.name, part)?;
    let live = live::read(machine, installation, id)?;
    let session = SessionId::new(machine.random()?);
    let now = machine.now();
    let mut session = Session {
        machine,
        installation,
        id: session,
        qube: id,
        part,
        live,
        now,
        how,
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
        let sequence = session.commit(&stored, &backup, &still, settings)?;
        backup.sequence = Some(sequence);
        // The same before and after: that is the state that was read.
        let after = Mark::of(&qube.name, part);
        let same = after.map(|after| after.filter(|after| before == Some(*after)));
        let noted =
            same.and_then(|same| same.map_or(Ok(()), |mark| unchanged::note(id, sequence, mark)));
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

impl Session<'_> {
    fn run(
        &mut self,
        qube: &Qube,
        undos: &mut Undos,
        progress: &mut Progress,
    ) -> Result<(Backup, Still)> {
        progress.stage(&qube.name, "starting a helper");
        let helper = Helper::start(self.machine, undos)?;
        let still = pool::still(&qube.name, self.part, self.how.moment, undos)?;
        progress.stage(
            &qube.name,
            &format!("reading its {} volume {}", self.part.name(), still.state),
        );
        undos.note(Undo::Loop(still.path.clone()))?;
        let device = block::attach_loop(&still.path, Access::Read, &self.machine.stop)?;
        device.attach_to(helper.name())?;
        let permit = Permit::open(self.machine, &self.permit(&helper, &still)?)?;
        helper.allow_storage()?;
        let (summary, manner, dom0) = self.converse(&helper, qube, progress)?;
        helper.forbid_storage()?;
        let took = permit.close()?;
        converse::agree(&summary, took)?;
        let BackupSummary {
            stored,
            counts,
            left_out,
        } = summary;
        let state = still.state;
        let backup = Backup {
            part: self.part,
            stored,
            sequence: None,
            time: self.now,
            state,
            manner,
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

    fn history(&self) -> Result<&crate::ledger::book::History> {
        let history = self.installation.ledger.book.history(self.qube);
        history.ok_or_else(|| Error::Ledger("the ledger does not know the qube".to_owned()))
    }
}
