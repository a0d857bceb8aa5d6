//! The ledger as a file: what it says survives, what a crash tears is cut off,
//! and nothing else is ever believed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use qib::destination::Destination;
use qib::error::Error;
use qib::keys::{Keys, LedgerKey};
use qib::ledger::Ledger;
use qib::ledger::book::Book;
use qib::ledger::record::{
    Change, Class, Dom0Record, PackChange, PartialRecord, QubeRecord, Record, SnapshotRecord,
};
use qib_rpc::count::{Counts, LeftOuts};
use qib_rpc::id::{Digest, Prefix, QubeId, SessionId};
use qib_rpc::key::{Dom0Secret, Recipient, SealedIdentity};
use qib_rpc::message::backup::IndexObjects;
use qib_rpc::name::QubeName;
use qib_rpc::reading::{Manner, VolumeKind};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const QUBE: QubeId = QubeId::new([1; 16]);

fn key() -> LedgerKey {
    Keys::new(&Dom0Secret::new([9; 32])).ledger()
}

fn recipient() -> Recipient {
    Recipient::new(format!("age1{}", "q".repeat(58))).unwrap()
}

fn qube() -> Record {
    Record::Qube(QubeRecord {
        id: QUBE,
        uuid: Some([7; 16]),
        name: QubeName::parse("work").unwrap(),
        prefix: Prefix::new([2; 16]),
        recipient: recipient(),
        sealed: SealedIdentity::new(vec![1, 2, 3]).unwrap(),
    })
}

fn changes(session: u8, packs: &[(u8, Change)]) -> Record {
    let change = |(pack, change): &(u8, Change)| PackChange {
        pack: Digest::new([*pack; 32]),
        change: *change,
        live_bytes: u64::from(session),
        stored_bytes: 10,
    };
    let changes = packs.iter().map(change).collect();
    Record::PackChanges {
        qube: QUBE,
        session: SessionId::new([session; 16]),
        changes,
    }
}

fn snapshot(session: u8, sequence: u64) -> Record {
    Record::Snapshot(Box::new(SnapshotRecord {
        qube: QUBE,
        session: SessionId::new([session; 16]),
        sequence,
        time: 1_000_000,
        snapshot: Digest::new([session; 32]),
        index: IndexObjects::default(),
        volume_bytes: 1 << 30,
        counts: Counts::default(),
        left_out: LeftOuts::default(),
    }))
}

fn new(folder: &TempDir) -> (PathBuf, Ledger) {
    let path = folder.path().join("ledger");
    let begin = Record::Begin {
        master: recipient(),
    };
    let mut ledger = Ledger::create(&path, key(), begin).unwrap();
    ledger.append(qube()).unwrap();
    (path, ledger)
}

/// A ledger of a qube with two snapshots.
fn filled(folder: &TempDir) -> PathBuf {
    let (path, mut ledger) = new(folder);
    ledger
        .append(changes(1, &[(1, Change::Added), (2, Change::Added)]))
        .unwrap();
    ledger.append(snapshot(1, 1)).unwrap();
    ledger
        .append(changes(
            2,
            &[
                (1, Change::Dropped),
                (2, Change::Changed),
                (3, Change::Added),
            ],
        ))
        .unwrap();
    ledger.append(snapshot(2, 2)).unwrap();
    path
}

fn open(path: &Path) -> Result<Ledger, Error> {
    Ledger::open(path, key())
}

#[test]
fn what_was_appended_is_read_again() {
    let folder = TempDir::new().unwrap();
    let ledger = open(&filled(&folder)).unwrap();
    let history = ledger.book.history(QUBE).unwrap();
    assert_eq!(history.snapshots.len(), 2);
    let packs: Vec<(u8, u64)> = history
        .packs
        .live()
        .map(|(digest, pack)| (digest.bytes()[0], pack.live_bytes()))
        .collect();
    assert_eq!(packs, [(2, 2), (3, 2)]);
    assert_eq!(ledger.next().sequence, 6);
}

#[test]
fn packs_count_only_with_their_snapshot() {
    let folder = TempDir::new().unwrap();
    let (path, mut ledger) = new(&folder);
    ledger.append(changes(1, &[(1, Change::Added)])).unwrap();
    assert!(
        open(&path)
            .unwrap()
            .book
            .history(QUBE)
            .unwrap()
            .packs
            .live()
            .next()
            .is_none()
    );
    ledger.append(changes(2, &[(5, Change::Added)])).unwrap();
    ledger.append(snapshot(2, 1)).unwrap();
    let ledger = open(&path).unwrap();
    let packs = &ledger.book.history(QUBE).unwrap().packs;
    let live: Vec<Digest> = packs.live().map(|(digest, _)| *digest).collect();
    assert_eq!(live, [Digest::new([5; 32])]);
}

#[test]
fn how_a_volume_was_read_counts_with_its_own_snapshot_alone() {
    let folder = TempDir::new().unwrap();
    let (path, mut ledger) = new(&folder);
    let read = |session: u8, kind| Record::Read {
        qube: QUBE,
        session: SessionId::new([session; 16]),
        manner: Manner::Image(kind),
    };
    ledger.append(snapshot(1, 1)).unwrap();
    ledger.append(read(2, VolumeKind::Ntfs)).unwrap();
    ledger.append(snapshot(2, 2)).unwrap();
    ledger.append(read(3, VolumeKind::Luks)).unwrap();
    ledger.append(snapshot(4, 3)).unwrap();
    let ledger = open(&path).unwrap();
    let history = ledger.book.history(QUBE).unwrap();
    let manners = [1, 2, 3].map(|sequence| history.manner(sequence));
    let image = Manner::Image(VolumeKind::Ntfs);
    assert_eq!(manners, [Manner::Reader, image, Manner::Reader]);
}

#[test]
fn a_lost_pack_is_not_built_upon() {
    let folder = TempDir::new().unwrap();
    let (path, mut ledger) = new(&folder);
    ledger
        .append(changes(1, &[(1, Change::Added), (2, Change::Added)]))
        .unwrap();
    ledger.append(snapshot(1, 1)).unwrap();
    let pack = Digest::new([1; 32]);
    ledger
        .append(Record::PackLost { qube: QUBE, pack })
        .unwrap();
    let ledger = open(&path).unwrap();
    let packs = &ledger.book.history(QUBE).unwrap().packs;
    assert!(!packs.is_live(&pack) && packs.live().count() == 1);
    assert!(packs.get(&pack).unwrap().is_needed_by(1));
    let mut ledger = open(&path).unwrap();
    assert!(
        ledger
            .append(Record::PackLost { qube: QUBE, pack })
            .is_err()
    );
}

#[test]
fn who_only_reads_leaves_a_torn_record_alone() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder);
    let torn = [fs::read(&path).unwrap().as_slice(), &[9, 0, 0, 0, 1]].concat();
    fs::write(&path, &torn).unwrap();
    drop(open(&path).unwrap());
    assert_eq!(fs::read(&path).unwrap(), torn);
}

#[test]
fn a_snapshot_ends_what_partials_promised() {
    let folder = TempDir::new().unwrap();
    let (path, mut ledger) = new(&folder);
    let (index, packs) = (Digest::new([1; 32]), Digest::new([2; 32]));
    let session = SessionId::new([1; 16]);
    ledger
        .append(Record::Partial(PartialRecord {
            qube: QUBE,
            session,
            index,
            packs,
        }))
        .unwrap();
    assert_eq!(
        open(&path)
            .unwrap()
            .book
            .history(QUBE)
            .unwrap()
            .partials
            .len(),
        1
    );
    ledger.append(snapshot(2, 1)).unwrap();
    assert!(
        open(&path)
            .unwrap()
            .book
            .history(QUBE)
            .unwrap()
            .partials
            .is_empty()
    );
}

#[test]
fn a_torn_last_record_is_cut_off_wherever_it_tore() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder);
    let whole = fs::read(&path).unwrap();
    let before_last = {
        let mut at = 0;
        let mut last = 0;
        while at < whole.len() {
            last = at;
            at += 4 + usize::try_from(u32::from_le_bytes(whole[at..at + 4].try_into().unwrap()))
                .unwrap();
        }
        last
    };
    for end in before_last..whole.len() {
        fs::write(&path, &whole[..end]).unwrap();
        let mut ledger = open(&path).unwrap();
        assert_eq!(
            ledger.book.history(QUBE).unwrap().snapshots.len(),
            1,
            "{end}"
        );
        ledger.append(snapshot(2, 2)).unwrap();
        assert_eq!(
            open(&path)
                .unwrap()
                .book
                .history(QUBE)
                .unwrap()
                .snapshots
                .len(),
            2
        );
    }
}

#[test]
fn damage_before_the_last_record_is_refused_and_nothing_is_changed() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder);
    let whole = fs::read(&path).unwrap();
    for at in [60, 120, 200, 400] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, &damaged).unwrap();
        assert!(matches!(open(&path), Err(Error::Ledger(_))), "{at}");
        assert_eq!(fs::read(&path).unwrap(), damaged);
    }
}

#[test]
fn a_record_can_not_be_left_out_or_come_from_elsewhere() {
    let folder = TempDir::new().unwrap();
    let path = filled(&folder);
    let mut records = Vec::new();
    open(&path)
        .unwrap()
        .each_sealed(0, |sealed| {
            records.push(sealed);
            Ok(())
        })
        .unwrap();
    let write = |records: &[&Vec<u8>]| {
        let one = |record: &&Vec<u8>| {
            [
                u32::try_from(record.len())
                    .unwrap()
                    .to_le_bytes()
                    .as_slice(),
                record,
            ]
            .concat()
        };
        fs::write(&path, records.iter().flat_map(one).collect::<Vec<u8>>()).unwrap();
    };
    write(&[&records[0], &records[2], &records[3]]);
    assert!(open(&path).is_err());
    write(&[&records[1], &records[0]]);
    assert!(open(&path).is_err());
    let other = Keys::new(&Dom0Secret::new([8; 32])).ledger();
    write(&records.iter().collect::<Vec<_>>());
    assert!(Ledger::open(&path, other).is_err());
    assert!(open(&path).is_ok());
}

#[test]
fn a_contradiction_is_not_written() {
    let folder = TempDir::new().unwrap();
    let (path, mut ledger) = new(&folder);
    assert!(ledger.append(snapshot(1, 2)).is_err());
    assert_eq!(open(&path).unwrap().next().sequence, 2);
}

fn root() -> Record {
    let Record::Qube(record) = qube() else {
        panic!("another record");
    };
    let id = QubeId::new([5; 16]);
    Record::Root {
        of: QUBE,
        class: Class::Standalone,
        record: QubeRecord { id, ..record },
    }
}

#[test]
fn a_root_volume_has_a_history_of_its_own_and_the_name_of_its_qube() {
    let folder = TempDir::new().unwrap();
    let (path, mut ledger) = new(&folder);
    ledger.append(root()).unwrap();
    let name = QubeName::parse("renamed").unwrap();
    let record = Record::Renamed { qube: QUBE, name };
    ledger.append(record).unwrap();
    ledger.append(snapshot(1, 1)).unwrap();
    let book = open(&path).unwrap().book;
    let root = book.root(QUBE).unwrap();
    assert_eq!(root.qube.id, QubeId::new([5; 16]));
    assert_eq!(root.qube.name.as_str(), "renamed");
    assert!(root.snapshots.is_empty());
    let named = book.named(&root.qube.name);
    assert_eq!(named.len(), 1, "a qube is named once");
    let living = book
        .of_living(&root.qube.name, Some([7; 16]))
        .next()
        .unwrap();
    assert_eq!(living.qube.id, QUBE);
    assert!(book.root(root.qube.id).is_none());
}

fn name(name: &str) -> QubeName {
    QubeName::parse(name).unwrap()
}

fn at(storage: &str) -> Destination {
    storage.parse().unwrap()
}

fn dom0_at(storage: &str, sequence: u64) -> Record {
    Record::Dom0At {
        storage: at(storage),
        record: Box::new(Dom0Record {
            sequence,
            time: 1,
            catalogues: Vec::new(),
            files: 0,
            folders: 0,
            links: 0,
            file_bytes: 0,
        }),
    }
}

#[test]
fn a_qube_has_a_history_for_each_storage_qube_and_they_can_be_moved() {
    let folder = TempDir::new().unwrap();
    let (path, mut ledger) = new(&folder);
    let Record::Qube(mut record) = qube() else {
        panic!("it is one")
    };
    record.id = QubeId::new([3; 16]);
    let storage = at("usb:second");
    ledger.append(Record::QubeAt { storage, record }).unwrap();
    ledger.append(root()).unwrap();
    ledger.append(dom0_at("usb:second", 1)).unwrap();
    assert!(ledger.append(dom0_at("nas", 1)).is_err(), "one numbering");

    let mut book = open(&path).unwrap().book;
    assert!(book.history(QUBE).unwrap().storage().is_err());
    book.assume(&at("nas"));
    let id_at = |book: &Book, storage: &str| {
        let living = book.living_at(&name("work"), Some([7; 16]), &at(storage));
        living.map(|history| history.qube.id)
    };
    assert_eq!(id_at(&book, "nas"), Some(QUBE));
    assert_eq!(id_at(&book, "usb:second"), Some(QubeId::new([3; 16])));
    assert_eq!(id_at(&book, "usb"), None, "another place there");
    assert_eq!(id_at(&book, "other"), None);
    assert_eq!(book.root(QUBE).unwrap().storage().unwrap(), &at("nas"));
    assert_eq!(book.of_living(&name("work"), Some([7; 16])).count(), 2);
    assert_eq!(book.storages(), [at("nas"), at("usb:second")].into());

    let (from, to) = (at("usb:second"), at("drawer"));
    ledger.append(Record::Moved { from, to }).unwrap();
    let book = open(&path).unwrap().book;
    assert_eq!(id_at(&book, "usb:second"), None);
    assert_eq!(id_at(&book, "drawer"), Some(QubeId::new([3; 16])));
    assert_eq!(book.dom0()[0].storage, Some(at("drawer")));
}

#[test]
fn a_closed_history_stays_and_another_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut ledger) = new(&folder);
    let begun = |id: u8| {
        let Record::Qube(mut record) = qube() else {
            panic!("it is one")
        };
        record.id = QubeId::new([id; 16]);
        let storage = at("sys-backup");
        Record::QubeAt { storage, record }
    };
    let goes_on = |ledger: &Ledger| {
        let storage = at("sys-backup");
        let living = ledger
            .book
            .living_at(&name("work"), Some([7; 16]), &storage);
        living.map(|history| history.qube.id)
    };
    let closed = |id: u8| Record::Closed {
        qube: QubeId::new([id; 16]),
    };
    ledger.append(begun(21)).unwrap();
    assert_eq!(goes_on(&ledger), Some(QubeId::new([21; 16])));
    ledger.append(closed(21)).unwrap();
    assert_eq!(goes_on(&ledger), None);
    ledger.append(begun(22)).unwrap();
    let ledger_again = open(&path).unwrap();
    for mut ledger in [ledger, ledger_again] {
        assert_eq!(goes_on(&ledger), Some(QubeId::new([22; 16])));
        let old = ledger.book.history(QubeId::new([21; 16])).unwrap();
        assert!(ledger.book.label(old).contains("former keys"));
        assert!(ledger.append(closed(21)).is_err(), "it is closed already");
        assert!(ledger.append(closed(99)).is_err(), "there is none");
    }
}

fn settings(qube: QubeId, object: u8) -> Record {
    Record::Settings {
        qube,
        time: i64::from(object),
        object: Digest::new([object; 32]),
    }
}

#[test]
fn settings_are_those_of_the_snapshots_that_follow_until_the_next() {
    let folder = TempDir::new().unwrap();
    let (path, mut ledger) = new(&folder);
    ledger.append(settings(QUBE, 1)).unwrap();
    ledger.append(snapshot(1, 1)).unwrap();
    ledger.append(snapshot(2, 2)).unwrap();
    ledger.append(settings(QUBE, 2)).unwrap();
    ledger.append(settings(QUBE, 3)).unwrap();
    ledger.append(snapshot(3, 3)).unwrap();
    ledger.append(settings(QUBE, 4)).unwrap();
    let book = open(&path).unwrap().book;
    let history = book.history(QUBE).unwrap();
    let of = |sequence| history.settings_of(sequence).map(|settings| settings.time);
    let found = [0, 1, 2, 3, 4].map(of);
    assert_eq!(found, [None, Some(1), Some(1), Some(3), Some(4)]);
    assert_eq!(history.settings.len(), 4);
}

#[test]
fn settings_are_of_a_qube_and_of_no_root_volume() {
    let folder = TempDir::new().unwrap();
    let (_, mut ledger) = new(&folder);
    ledger.append(root()).unwrap();
    assert!(ledger.append(settings(QubeId::new([5; 16]), 1)).is_err());
    assert!(ledger.append(settings(QubeId::new([9; 16]), 1)).is_err());
    ledger.append(settings(QUBE, 1)).unwrap();
}

#[test]
fn a_qube_has_one_root_volume_and_that_has_none() {
    let folder = TempDir::new().unwrap();
    let (_, mut ledger) = new(&folder);
    let unknown = |record: Record, whose: u8, own: u8| match record {
        Record::Root { class, record, .. } => Record::Root {
            of: QubeId::new([whose; 16]),
            class,
            record: QubeRecord {
                id: QubeId::new([own; 16]),
                ..record
            },
        },
        other => other,
    };
    assert!(ledger.append(unknown(root(), 9, 5)).is_err(), "of nobody");
    assert!(ledger.append(unknown(root(), 1, 1)).is_err(), "its own");
    ledger.append(root()).unwrap();
    assert!(ledger.append(unknown(root(), 1, 6)).is_err(), "a second");
    assert!(ledger.append(unknown(root(), 5, 6)).is_err(), "of a root");
}
