//! The `packs` object: the only thing made by a helper that dom0 decodes.
//!
//! Its digest came in the helper's summary, it is sealed with a key of this
//! session, and its layout is of fixed width.

use crate::ledger::record::{Change, PackChange};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use qib_rpc::id::{Digest, QubeId, SessionId};
use qib_rpc::key::PacksKey;

const NONCE_BYTES: usize = 24;
const ENTRY_BYTES: usize = 49;
const ASSOCIATED: &[u8] = b"qib packs v1";

/// The bytes are no list of packs of this session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAList;

/// Opens and decodes the list that `session` made for `qube`.
///
/// # Errors
/// [`NotAList`] when anything about it is not as it must be.
pub fn open(
    key: &PacksKey,
    qube: QubeId,
    session: SessionId,
    untrusted: &[u8],
) -> Result<Vec<PackChange>, NotAList> {
    let (nonce, sealed) = untrusted
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(NotAList)?;
    let untrusted_plain = XChaCha20Poly1305::new(key.expose().into())
        .decrypt(
            &XNonce::from(*nonce),
            Payload {
                msg: sealed,
                aad: ASSOCIATED,
            },
        )
        .map_err(|_| NotAList)?;
    decode(qube, session, &untrusted_plain).ok_or(NotAList)
}

fn decode(qube: QubeId, session: SessionId, untrusted: &[u8]) -> Option<Vec<PackChange>> {
    let rest = untrusted.strip_prefix(b"qibpacks".as_slice())?;
    let rest = rest.strip_prefix(1u32.to_le_bytes().as_slice())?;
    let rest = rest.strip_prefix(qube.bytes().as_slice())?;
    let rest = rest.strip_prefix(session.bytes().as_slice())?;
    let (count, entries) = rest.split_first_chunk::<4>()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    if entries.len() != count.checked_mul(ENTRY_BYTES)? {
        return None;
    }
    let mut changes = entries
        .chunks_exact(ENTRY_BYTES)
        .map(entry)
        .collect::<Option<Vec<_>>>()?;
    changes.sort_by_key(|change| change.pack);
    let twice = changes
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.pack == b.pack));
    (!twice).then_some(changes)
}

fn entry(untrusted: &[u8]) -> Option<PackChange> {
    let (pack, rest) = untrusted.split_first_chunk::<32>()?;
    let ([change], rest) = rest.split_first_chunk::<1>()?;
    let (live, rest) = rest.split_first_chunk::<8>()?;
    let stored = rest.first_chunk::<8>()?;
    let change = match change {
        1 => Change::Added,
        2 => Change::Dropped,
        3 => Change::Changed,
        _ => return None,
    };
    Some(PackChange {
        pack: Digest::new(*pack),
        change,
        live_bytes: u64::from_le_bytes(*live),
        stored_bytes: u64::from_le_bytes(*stored),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUBE: QubeId = QubeId::new([1; 16]);
    const SESSION: SessionId = SessionId::new([2; 16]);

    fn plain(count: u32, entries: &[[u8; ENTRY_BYTES]]) -> Vec<u8> {
        let head = [
            b"qibpacks".as_slice(),
            &1u32.to_le_bytes(),
            QUBE.bytes(),
            SESSION.bytes(),
        ];
        [
            head.concat(),
            count.to_le_bytes().to_vec(),
            entries.concat(),
        ]
        .concat()
    }

    fn one(pack: u8, change: u8) -> [u8; ENTRY_BYTES] {
        let mut bytes = [pack; ENTRY_BYTES];
        bytes[32] = change;
        bytes
    }

    fn sealed(key: &PacksKey, plain: &[u8]) -> Vec<u8> {
        let nonce = [5; NONCE_BYTES];
        let cipher = XChaCha20Poly1305::new(key.expose().into());
        let payload = Payload {
            msg: plain,
            aad: ASSOCIATED,
        };
        [
            nonce.to_vec(),
            cipher.encrypt(&XNonce::from(nonce), payload).unwrap(),
        ]
        .concat()
    }

    #[test]
    fn a_list_opens_for_its_session_and_qube_only() {
        let key = PacksKey::new([7; 32]);
        let bytes = sealed(&key, &plain(2, &[one(9, 1), one(8, 3)]));
        let list = open(&key, QUBE, SESSION, &bytes).unwrap();
        assert_eq!(list[0].pack, Digest::new([8; 32]));
        assert_eq!(list[1].change, Change::Added);
        assert!(open(&PacksKey::new([8; 32]), QUBE, SESSION, &bytes).is_err());
        assert!(open(&key, QubeId::new([9; 16]), SESSION, &bytes).is_err());
        assert!(open(&key, QUBE, SessionId::new([9; 16]), &bytes).is_err());
        assert!(open(&key, QUBE, SESSION, &bytes[..bytes.len() - 1]).is_err());
        assert!(open(&key, QUBE, SESSION, &bytes[..10]).is_err());
    }

    #[test]
    fn hostile_lists_are_refused() {
        let decode = |plain: Vec<u8>| decode(QUBE, SESSION, &plain);
        assert!(decode(plain(1, &[one(1, 1)])).is_some());
        assert!(
            decode(plain(2, &[one(1, 1)])).is_none(),
            "a count that lies"
        );
        assert!(
            decode(plain(u32::MAX, &[])).is_none(),
            "a count that overflows"
        );
        assert!(
            decode(plain(1, &[one(1, 4)])).is_none(),
            "an unknown change"
        );
        assert!(
            decode(plain(2, &[one(1, 1), one(1, 2)])).is_none(),
            "a pack named twice"
        );
        assert!(
            decode([plain(0, &[]), vec![0]].concat()).is_none(),
            "bytes left over"
        );
    }
}
