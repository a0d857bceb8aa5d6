//! Ledgers made for a test.

use qib::keys::{Keys, LedgerKey};
use qib::ledger::Ledger;
use qib::ledger::book::History;
use qib::ledger::record::{
    Change, Class, PackChange, PartialRecord, QubeRecord, Record, SnapshotRecord,
};
use qib::revision::{Revision, RevisionId};
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::id::{Digest, Prefix, QubeId, SessionId};
use qib_rpc::key::{Dom0Secret, Recipient, SealedIdentity};
use qib_rpc::message::backup::IndexObjects;
use qib_rpc::name::QubeName;
use std::path::PathBuf;
use tempfile::TempDir;

pub const QUBE: QubeId = QubeId::new([1; 16]);
const ROOT: QubeId = QubeId::new([3; 16]);

/// A ledger with one qube, in a folder of its own.
pub struct Made {
    _folder: TempDir,
    pub path: PathBuf,
    pub ledger: Ledger,
}

pub fn key() -> LedgerKey {
    Keys::new(&Dom0Secret::new([9; 32])).ledger()
}

fn recipient() -> Recipient {
    Recipient::new(format!("age1{}", "q".repeat(58))).unwrap()
}

fn qube(id: QubeId) -> QubeRecord {
    QubeRecord {
        id,
        uuid: None,
        name: QubeName::parse("work").unwrap(),
        prefix: Prefix::new([2; 16]),
        recipient: recipient(),
        sealed: SealedIdentity::new(vec![1]).unwrap(),
    }
}

/// The pack of this number.
pub fn pack(number: u64) -> Digest {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    Digest::new(bytes)
}

fn session(sequence: u64) -> SessionId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&sequence.to_le_bytes());
    SessionId::new(bytes)
}

/// The snapshot of this number, made at this time.
pub fn snapshot(sequence: u64, time: i64) -> SnapshotRecord {
    SnapshotRecord {
        qube: QUBE,
        session: session(sequence),
        sequence,
        time,
        snapshot: pack(sequence | 1 << 60),
        index: IndexObjects::try_from(vec![pack(sequence | 1 << 61)]).unwrap(),
        volume_bytes: 1 << 30,
        counts: Counts::default(),
        left_out: LeftOuts::default(),
    }
}

/// A pack that is added with 100 bytes in use, dropped, or changed to 20.
pub fn change(number: u64, change: Change) -> PackChange {
    PackChange {
        pack: pack(number),
        change,
        live_bytes: if change == Change::Added { 100 } else { 20 },
        stored_bytes: 1000 + number,
    }
}

impl Made {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("ledger");
        let master = recipient();
        let ledger = Ledger::create(&path, key(), Record::Begin { master }).unwrap();
        let mut made = Self {
            _folder: folder,
            path,
            ledger,
        };
        made.ok(Record::Qube(qube(QUBE)));
        made
    }

    /// Gives the qube a root volume of its own.
    pub fn root(&mut self) {
        self.ok(Record::Root {
            of: QUBE,
            class: Class::Standalone,
            record: qube(ROOT),
        });
    }

    pub fn root_snapshot(&mut self, time: i64) {
        let root = self.ledger.book.root(QUBE).unwrap();
        let mut snapshot = snapshot(root.next_sequence(), time);
        snapshot.qube = ROOT;
        self.ok(Record::Snapshot(Box::new(snapshot)));
    }

    pub fn ok(&mut self, record: Record) {
        self.ledger.append(record).unwrap();
    }

    /// Appends the next snapshot, with what it changed.
    pub fn snapshot(&mut self, time: i64, changes: Vec<PackChange>) {
        let sequence = self.history().next_sequence();
        self.ok(Record::PackChanges {
            qube: QUBE,
            session: session(sequence),
            changes,
        });
        self.ok(Record::Snapshot(Box::new(snapshot(sequence, time))));
    }

    /// The next snapshot is of an older state, of this date.
    pub fn revision(&mut self, time: i64) {
        let sequence = self.history().next_sequence();
        let id = RevisionId::parse(&time.to_string()).unwrap();
        self.ok(Record::Revision {
            qube: QUBE,
            session: session(sequence),
            revision: Revision { id, time },
        });
    }

    /// Notes what an interrupted session had stored.
    pub fn partial(&mut self, index: Digest, packs: Digest) {
        self.ok(Record::Partial(PartialRecord {
            qube: QUBE,
            session: session(1 << 50),
            index,
            packs,
        }));
    }

    pub fn forget(&mut self, sequences: &[u64]) {
        self.ok(forgot(sequences));
    }

    pub fn history(&self) -> &History {
        self.ledger.book.history(QUBE).unwrap()
    }

    /// The same ledger, as another process reads it.
    pub fn read_again(&mut self) {
        self.ledger = Ledger::open(&self.path, key()).unwrap();
    }
}

pub fn forgot(sequences: &[u64]) -> Record {
    Record::Forgot {
        qube: QUBE,
        time: 5000,
        sequences: sequences.to_vec(),
    }
}
