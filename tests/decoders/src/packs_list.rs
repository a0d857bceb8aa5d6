//! The list of packs that dom0 gets of a helper: its plaintext, sealed before it is opened, and
//! the same bytes as they are.
//!
//! The law: it opens or is refused. It is of this session, its packs ascend and none comes twice,
//! and the helper's encoder writes the same rows. Nothing opens that was not sealed.

use crate::fixed::{QUBE, SESSION};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use qib::ledger::record::Change as Kept;
use qib::packs;
use qib_helper::packs_list::{self, ASSOCIATED_DATA, Change, PackChange};
use qib_rpc::id::Digest;
use qib_rpc::key::PacksKey;

/// Bytes of the nonce.
const NONCE: usize = 24;

/// Checks a list.
pub fn check(input: &[u8]) {
    assert!(open(input).is_none());
    let Some(list) = open(&seal(input)) else {
        return;
    };
    assert!(list.is_sorted_by(|one, next| one.pack < next.pack));
    let rows: Vec<PackChange> = list
        .iter()
        .map(|row| PackChange {
            digest: row.pack,
            change: match row.change {
                Kept::Added => Change::Added,
                Kept::Dropped => Change::Dropped,
                Kept::Changed => Change::Changed,
            },
            live_bytes: row.live_bytes,
            stored_bytes: row.stored_bytes,
        })
        .collect();
    let again = packs_list::seal(&key(), QUBE, SESSION, &rows).unwrap().bytes;
    assert_eq!(open(&again), Some(list));
    assert_eq!(plain(&again).len(), input.len());
    if let Some(first) = rows.first() {
        let twice = [rows.as_slice(), &[*first]].concat();
        let twice = packs_list::seal(&key(), QUBE, SESSION, &twice).unwrap();
        assert!(open(&twice.bytes).is_none());
    }
}

fn key() -> PacksKey {
    PacksKey::new([4; 32])
}

fn open(sealed: &[u8]) -> Option<Vec<qib::ledger::record::PackChange>> {
    packs::open(&key(), QUBE, SESSION, sealed).ok()
}

fn cipher() -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key().expose().into())
}

fn payload(msg: &[u8]) -> Payload<'_, '_> {
    Payload { msg, aad: ASSOCIATED_DATA }
}

fn seal(plain: &[u8]) -> Vec<u8> {
    let nonce = [0; NONCE];
    let sealed = cipher().encrypt(&XNonce::from(nonce), payload(plain)).unwrap();
    [nonce.as_slice(), &sealed].concat()
}

fn plain(sealed: &[u8]) -> Vec<u8> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().unwrap();
    cipher().decrypt(&XNonce::from(*nonce), payload(sealed)).unwrap()
}

/// Lists of none, of one and of three packs.
pub fn seeds() -> Vec<Vec<u8>> {
    let changes = [Change::Added, Change::Dropped, Change::Changed];
    let row = |(number, change): (u8, Change)| PackChange {
        digest: Digest::new([number; 32]),
        change,
        live_bytes: 1 << 30,
        stored_bytes: 7,
    };
    let rows: Vec<PackChange> = (0..).zip(changes).map(row).collect();
    let list = |rows| plain(&packs_list::seal(&key(), QUBE, SESSION, rows).unwrap().bytes);
    vec![list(&[]), list(&rows[1..2]), list(&rows)]
}
