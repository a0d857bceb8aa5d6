//! One ledger record as bytes: sealed, authenticated, and chained to the one before.
//!
//! | bytes | meaning |
//! |---|---|
//! | 0..8 | `qibledg1` |
//! | 8..16 | sequence, little endian, 0 for the first |
//! | 16..48 | SHA-256 of the record before, zero for the first |
//! | 48..72 | nonce |
//! | 72.. | XChaCha20-Poly1305 of time and record; bytes 0..48 are its associated data |

use crate::keys::LedgerKey;
use crate::ledger::record::Record;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use qib_rpc::codec;
use qib_rpc::id::Digest;
use qib_rpc::object;

const MAGIC: &[u8; 8] = b"qibledg1";
const HEAD_BYTES: usize = 48;
const NONCE_BYTES: usize = 24;

/// Where a record stands in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// How many records come before.
    pub sequence: u64,
    /// SHA-256 of the one before.
    pub previous: Digest,
}

impl Position {
    /// Where the first record stands.
    pub const FIRST: Self = Self {
        sequence: 0,
        previous: Digest::new([0; 32]),
    };

    /// Where the record after `sealed`, which stands here, stands.
    pub fn after(self, sealed: &[u8]) -> Self {
        Self {
            sequence: self.sequence.saturating_add(1),
            previous: object::digest(sealed),
        }
    }

    fn head(self) -> [u8; HEAD_BYTES] {
        let mut head = [0; HEAD_BYTES];
        let parts = MAGIC
            .iter()
            .chain(&self.sequence.to_le_bytes())
            .chain(self.previous.bytes())
            .copied()
            .collect::<Vec<u8>>();
        head.copy_from_slice(&parts);
        head
    }
}

/// The bytes are no record of this ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotARecord;

/// A record that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Where it stands.
    pub position: Position,
    /// dom0's time when it was made, in seconds since 1970.
    pub time: i64,
    /// What it says.
    pub record: Record,
}

/// Seals `record`, made at `time`, for `position`.
///
/// # Errors
/// [`NotARecord`] when it is over a message's limit or the system gives no randomness.
pub fn seal(
    key: &LedgerKey,
    position: Position,
    time: i64,
    record: &Record,
) -> Result<Vec<u8>, NotARecord> {
    let plain = codec::encode(&(time, record)).map_err(|_| NotARecord)?;
    let head = position.head();
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_| NotARecord)?;
    let sealed = cipher(key)
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: &plain,
                aad: &head,
            },
        )
        .map_err(|_| NotARecord)?;
    Ok([head.as_slice(), &nonce, &sealed].concat())
}

/// Opens a record.
///
/// # Errors
/// [`NotARecord`] when anything in it was changed, or it is another installation's.
pub fn open(key: &LedgerKey, untrusted: &[u8]) -> Result<Opened, NotARecord> {
    let (head, rest) = untrusted
        .split_first_chunk::<HEAD_BYTES>()
        .ok_or(NotARecord)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(NotARecord)?;
    let plain = cipher(key)
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: sealed,
                aad: head,
            },
        )
        .map_err(|_| NotARecord)?;
    let (time, record) = codec::decode(&plain).map_err(|_| NotARecord)?;
    Ok(Opened {
        position: position(head)?,
        time,
        record,
    })
}

fn position(head: &[u8; HEAD_BYTES]) -> Result<Position, NotARecord> {
    let (magic, rest) = head.split_first_chunk::<8>().ok_or(NotARecord)?;
    let (sequence, rest) = rest.split_first_chunk::<8>().ok_or(NotARecord)?;
    let previous = rest.first_chunk::<32>().ok_or(NotARecord)?;
    if magic != MAGIC {
        return Err(NotARecord);
    }
    Ok(Position {
        sequence: u64::from_le_bytes(*sequence),
        previous: Digest::new(*previous),
    })
}

fn cipher(key: &LedgerKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*key.0).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use proptest::prelude::*;
    use qib_rpc::key::{Dom0Secret, Recipient};

    fn key() -> LedgerKey {
        Keys::new(&Dom0Secret::new([9; 32])).ledger()
    }

    fn record() -> Record {
        Record::Begin {
            master: Recipient::new(format!("age1{}", "q".repeat(58))).unwrap(),
        }
    }

    #[test]
    fn a_record_opens_where_it_stands() {
        let position = Position {
            sequence: 7,
            previous: Digest::new([3; 32]),
        };
        let sealed = seal(&key(), position, 5, &record()).unwrap();
        let opened = Opened {
            position,
            time: 5,
            record: record(),
        };
        assert_eq!(open(&key(), &sealed), Ok(opened));
    }

    #[test]
    fn another_installation_cannot_open_it() {
        let sealed = seal(&key(), Position::FIRST, 5, &record()).unwrap();
        let other = Keys::new(&Dom0Secret::new([8; 32])).ledger();
        assert_eq!(open(&other, &sealed), Err(NotARecord));
    }

    proptest! {
        #[test]
        fn no_bit_can_change(at: proptest::sample::Index, bit in 0..8u8, cut: proptest::sample::Index) {
            let sealed = seal(&key(), Position::FIRST, 5, &record()).unwrap();
            let mut flipped = sealed.clone();
            flipped[at.index(sealed.len())] ^= 1 << bit;
            prop_assert_eq!(open(&key(), &flipped), Err(NotARecord));
            prop_assert_eq!(open(&key(), &sealed[..cut.index(sealed.len())]), Err(NotARecord));
        }
    }
}
