//! dom0's own objects as storage sends them: time and record of the ledger as plaintext, a
//! catalogue of dom0's files, and both as sealed bytes.
//!
//! The law: each is read or refused, what is read is written as the same bytes, and a path of a
//! catalogue stays below its folder. Nothing opens that was not sealed, or was changed since.

use crate::sample::samples;
use qib::dom0::entry::Entry;
use qib::dom0::{catalogue, seal as dom0};
use qib::keys::{Keys, LedgerKey};
use qib::ledger::record::Record;
use qib::ledger::seal::{self, Position};
use qib_rpc::codec;
use qib_rpc::key::Dom0Secret;
use qib_rpc::object::{Kind, ObjectName};
use std::path::Component;

/// Checks a record and a catalogue.
pub fn check(input: &[u8]) {
    assert!(seal::open(&ledger_key(), input).is_err());
    if let Ok((time, record)) = codec::decode::<(i64, Record)>(input) {
        assert_eq!(codec::encode(&(time, &record)).unwrap(), input);
        sealed(time, &record);
    }
    if let Some(entries) = catalogue::read(input) {
        entries.iter().for_each(below);
        let written = catalogue::write(&entries).unwrap().concat();
        let rest = input.strip_prefix(written.as_slice()).unwrap();
        assert!(rest.len() < 4 || rest.starts_with(&[0; 4]));
    }
    let name = ObjectName::of(Kind::Dom0, input);
    for holds in [dom0::Holds::Contents, dom0::Holds::Catalogue] {
        assert!(dom0::open(&keys().dom0(), holds, name, input).is_err());
    }
}

fn keys() -> Keys {
    Keys::new(&Dom0Secret::new([5; 32]))
}

fn ledger_key() -> LedgerKey {
    keys().ledger()
}

fn sealed(time: i64, record: &Record) {
    let position = Position::FIRST.after(b"one");
    let mut sealed = seal::seal(&ledger_key(), position, time, record).unwrap();
    let opened = seal::open(&ledger_key(), &sealed).unwrap();
    assert_eq!((opened.position, opened.time, &opened.record), (position, time, record));
    let at = usize::try_from(time.unsigned_abs() % 997).unwrap() % sealed.len();
    sealed[at] ^= 1;
    assert!(seal::open(&ledger_key(), &sealed).is_err());
}

fn below(entry: &Entry) {
    let path = entry.path.relative();
    assert!(path.components().all(|part| matches!(part, Component::Normal(_))));
    assert!(path.components().next().is_some());
    assert!(entry.path.shown().is_ascii());
}

/// Records of each kind, and catalogues.
pub fn seeds() -> Vec<Vec<u8>> {
    let record = |record: Record| codec::encode(&(-3_i64, record)).unwrap();
    let mut seeds: Vec<Vec<u8>> = samples::<Record>().map(record).collect();
    let entries: Vec<Entry> = samples().collect();
    seeds.extend(catalogue::write(&entries).unwrap());
    seeds.extend(catalogue::write(&entries[..1]).unwrap());
    seeds
}
