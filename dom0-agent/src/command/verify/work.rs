//! Looking at one volume: its digests first, then, with the passphrase, what is in it.

use super::report::{Finding, Looked};
use crate::error::{Error, Peer, Result};
use crate::helper::Helper;
use crate::ledger::book::History;
use crate::ledger::proofs::{Proof, ProofRecord};
use crate::ledger::record::Record;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::restore;
use crate::storage::Away;
use crate::undo::Undos;
use crate::verify::{self, Amount, Checked, Named};
use qib_rpc::count::Counts;
use qib_rpc::fault::Code;
use qib_rpc::id::QubeId;
use qib_rpc::key::{Identity, Passphrase};
use std::time::Instant;

/// What all volumes are looked at with.
pub struct Work<'a> {
    /// This machine.
    pub machine: &'a Machine,
    /// Its ledger.
    pub installation: &'a mut Installation,
    /// Where nothing can be looked at now.
    pub away: &'a Away,
    /// How much of each.
    pub amount: Amount,
    /// Which snapshot, if not all.
    pub sequence: Option<u64>,
    /// Opens them.
    pub passphrase: Option<Passphrase>,
    /// The helper without keys, which serves all volumes.
    pub helper: Option<Helper>,
    /// What is to be undone.
    pub undos: Undos,
    /// Where progress goes.
    pub progress: Progress,
}

impl Work<'_> {
    /// Looks at one volume; what was found is in the ledger afterwards.
    pub fn look(&mut self, volume: QubeId) -> Looked {
        let began = Instant::now();
        let (name, part, storage) = match self.history(volume) {
            Ok(history) => (
                history.qube.name.clone(),
                history.part(),
                history.storage.clone(),
            ),
            Err(error) => return Looked::unknown(error),
        };
        let mut looked = Looked::new(name, part, storage);
        if let Err(error) = self.try_look(volume, &mut looked) {
            looked.error = Some(error);
            // Nobody knows what the helper is at: the next volume gets another.
            self.helper = None;
            if let Err(error) = self.undos.all() {
                eprintln!("qib: warning: something was left behind: {error}");
            }
        }
        looked.seconds = began.elapsed().as_secs_f64();
        looked
    }

    fn try_look(&mut self, volume: QubeId, looked: &mut Looked) -> Result<()> {
        let time = self.machine.now();
        let history = self.history(volume)?;
        self.away.check(history.storage()?)?;
        let named = verify::named(self.machine, history, self.amount, self.sequence)?;
        let checked = self.digests(&named)?;
        looked.add(self.history(volume)?, &checked);
        verify::note(self.installation, &named, &checked, time)?;
        if self.passphrase.is_none() {
            return Ok(());
        }
        self.helper = None;
        self.undos.all()?;
        if !checked.lost.is_empty() {
            // Opening would only end at the first of them.
            return self.count_affected(volume, &checked, looked);
        }
        let opened = self.open(volume, &named);
        looked.opened = match opened {
            Err(error) => {
                self.note_lost(&named, &error, looked)?;
                return Err(error);
            }
            Ok(counts) => Some(counts),
        };
        self.installation.ledger.append(Record::Proved(ProofRecord {
            qube: volume,
            sequence: named.newest,
            time,
            proof: Proof::Opened,
            objects: checked.objects,
            bytes: checked.bytes,
            lost: 0,
        }))
    }

    fn digests(&mut self, named: &Named) -> Result<Checked> {
        if self.helper.is_none() {
            self.progress
                .stage(&named.name, "starting a helper without keys");
            self.helper = Some(Helper::start(self.machine, &mut self.undos)?);
        }
        let Some(helper) = &self.helper else {
            return Err(Error::Disagree("there is no helper".to_owned()));
        };
        self.progress.stage(&named.name, "proving digests");
        verify::digests(self.machine, helper, named, &mut self.progress)
    }

    /// A new helper, and what opens the volume's snapshots.
    pub fn helper_with_keys(&mut self, volume: QubeId) -> Result<(Helper, Identity)> {
        let Some(passphrase) = self.passphrase.clone() else {
            return Err(Error::Disagree("there is no passphrase".to_owned()));
        };
        let record = self.history(volume)?.qube.clone();
        self.progress.stage(&record.name, "opening the keys");
        let (machine, undos) = (self.machine, &mut self.undos);
        let identity =
            restore::open_identity(machine, self.installation, &record, passphrase, undos)?;
        let time = machine.now();
        let proved = Record::IdentityProved { qube: volume, time };
        self.installation.ledger.append(proved)?;
        self.progress.stage(&record.name, "opening and comparing");
        Ok((Helper::start(machine, &mut self.undos)?, identity))
    }

    fn open(&mut self, volume: QubeId, named: &Named) -> Result<Counts> {
        let (helper, identity) = self.helper_with_keys(volume)?;
        let machine = self.machine;
        let history = known(self.installation, volume)?;
        let snapshots = history.snapshots.iter();
        let mut snapshots = snapshots.filter(|snapshot| snapshot.sequence == named.newest);
        let snapshot = snapshots.next().ok_or(Error::NotInitialised)?;
        let with = (&helper, identity);
        let progress = &mut self.progress;
        let opened = verify::open(
            machine,
            self.installation,
            history,
            snapshot,
            with,
            progress,
        )?;
        self.undos.all()?;
        Ok(opened)
    }

    /// What opening found to be missing or damaged, although its digest was right.
    fn note_lost(&mut self, named: &Named, error: &Error, looked: &mut Looked) -> Result<()> {
        let Error::Fault(Peer::Helper, fault) = error else {
            return Ok(());
        };
        let is_lost = matches!(fault.code, Code::Missing | Code::Damaged | Code::NotOurs);
        let Some(digest) = fault.object.filter(|_| is_lost) else {
            return Ok(());
        };
        let mut objects = named.objects.keys();
        if let Some(object) = objects.find(|object| object.digest == digest) {
            let history = self.history(named.qube)?;
            looked
                .findings
                .push(Finding::of_opening(history, *object, fault.code));
            verify::lost(self.installation, named.qube, *object)?;
        }
        Ok(())
    }

    fn history(&self, volume: QubeId) -> Result<&History> {
        known(self.installation, volume)
    }
}

/// What a ledger knows of a volume.
pub fn known(installation: &Installation, volume: QubeId) -> Result<&History> {
    let history = installation.ledger.book.history(volume);
    history.ok_or_else(|| Error::Ledger("the ledger does not know the qube".to_owned()))
}
