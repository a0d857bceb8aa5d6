//! What a session writes into the ledger: partials on the way, the snapshot at its end.

use super::{Session, history};
use crate::error::Result;
use crate::ledger::record::{PartialRecord, Record, SnapshotRecord};
use crate::live;
use crate::outcome::Backup;
use crate::pool::Still;
use crate::records::Records;
use qib_rpc::message::backup::{Partial, StoredBackup};
use qib_rpc::reading::Manner;

impl Session<'_> {
    pub(super) fn note_partial(&mut self, partial: Partial) -> Result<()> {
        let Partial { index, packs } = partial;
        let record = PartialRecord {
            qube: self.qube,
            session: self.id,
            index,
            packs,
        };
        let installation = &mut *self.installation.lock();
        installation.ledger.append(Record::Partial(record))
    }

    /// Makes the snapshot exist.
    pub(super) fn commit(
        &mut self,
        stored: &StoredBackup,
        backup: &Backup,
        still: &Still,
    ) -> Result<u64> {
        let installation = &mut *self.installation.lock();
        let history = history(installation, self.qube)?;
        let sequence = history.next_sequence();
        let mut records = Records::start(self.machine, self.storage)?;
        let key = installation.keys.packs(self.qube, self.id);
        let mut changes = live::changes(&mut records, history, &key, self.id, stored.packs)?;
        self.live.size(&mut changes);
        let index = self.live.index_after(stored)?;
        for record in live::change_records(self.qube, self.id, changes) {
            installation.ledger.append(record)?;
        }
        if backup.manner != Manner::Reader {
            installation.ledger.append(Record::Read {
                qube: self.qube,
                session: self.id,
                manner: backup.manner,
            })?;
        }
        if let Some(revision) = self.revision().cloned() {
            installation.ledger.append(Record::Revision {
                qube: self.qube,
                session: self.id,
                revision,
            })?;
        }
        if let Some(signs) = backup.alarm {
            installation.ledger.append(Record::Alarm {
                qube: self.qube,
                session: self.id,
                signs,
            })?;
        }
        installation
            .ledger
            .append(Record::Snapshot(Box::new(SnapshotRecord {
                qube: self.qube,
                session: self.id,
                sequence,
                time: self.now,
                snapshot: stored.snapshot,
                index,
                volume_bytes: still.bytes,
                counts: backup.counts,
                left_out: backup.left_out.clone(),
            })))?;
        Ok(sequence)
    }

    /// The snapshot exists; only the ledger's copy may be late. The next run mends that.
    pub(super) fn copy_ledger(&self) -> Result<()> {
        Records::start(self.machine, self.storage)?.copy_ledger(&self.installation.lock().ledger)
    }
}
