//! The list of packs: all that dom0 reads of what a session stored.
//!
//! Fixed-width, so that dom0 needs no parser, and under a key that dom0 made
//! for this session.

use crate::number::short;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use qib_rpc::id::{Digest, QubeId, SessionId};
use qib_rpc::key::PacksKey;
use qib_rpc::object::{Kind, ObjectName};
use std::io;

use crate::seal::Sealed;

/// Authenticated with every list.
pub const ASSOCIATED_DATA: &[u8] = b"qib packs v1";

const MAGIC: &[u8; 8] = b"qibpacks";
const VERSION: u32 = 1;

/// What became of a pack since the last snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// This snapshot needs it and the last one did not, or it was stored for a partial.
    Added,
    /// The last snapshot needed it and this one does not.
    Dropped,
    /// Both need it, and this one other chunks of it.
    Changed,
}

impl Change {
    const fn number(self) -> u8 {
        match self {
            Self::Added => 1,
            Self::Dropped => 2,
            Self::Changed => 3,
        }
    }
}

/// One line of the list.
#[derive(Clone, Copy, Debug)]
pub struct PackChange {
    /// Which pack.
    pub digest: Digest,
    /// What became of it.
    pub change: Change,
    /// Bytes of its chunks that this snapshot needs.
    pub live_bytes: u64,
    /// Length of the object; 0 where this session did not store it.
    pub stored_bytes: u64,
}

/// Seals a list.
///
/// # Errors
/// When the helper has no randomness.
pub fn seal(
    key: &PacksKey,
    qube: QubeId,
    session: SessionId,
    changes: &[PackChange],
) -> io::Result<Sealed> {
    let plain = encode(qube, session, changes)?;
    let mut nonce = [0; 24];
    getrandom::fill(&mut nonce).map_err(io::Error::other)?;
    let sealed = XChaCha20Poly1305::new(&Key::from(*key.expose()))
        .encrypt(
            &XNonce::from(nonce),
            Payload {
                msg: &plain,
                aad: ASSOCIATED_DATA,
            },
        )
        .map_err(|_| io::Error::other("the list of packs could not be sealed"))?;
    let bytes = [nonce.as_slice(), &sealed].concat();
    Ok(Sealed {
        name: ObjectName::of(Kind::Packs, &bytes),
        bytes,
    })
}

fn encode(qube: QubeId, session: SessionId, changes: &[PackChange]) -> io::Result<Vec<u8>> {
    let count = short(changes.len()).ok_or(io::ErrorKind::InvalidInput)?;
    let mut plain = MAGIC.to_vec();
    plain.extend_from_slice(&VERSION.to_le_bytes());
    plain.extend_from_slice(qube.bytes());
    plain.extend_from_slice(session.bytes());
    plain.extend_from_slice(&count.to_le_bytes());
    for change in changes {
        plain.extend_from_slice(change.digest.bytes());
        plain.push(change.change.number());
        plain.extend_from_slice(&change.live_bytes.to_le_bytes());
        plain.extend_from_slice(&change.stored_bytes.to_le_bytes());
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let change = PackChange {
            digest: Digest::new([5; 32]),
            change: Change::Dropped,
            live_bytes: 6,
            stored_bytes: 7,
        };
        let key = PacksKey::new([1; 32]);
        let (qube, session) = (QubeId::new([2; 16]), SessionId::new([3; 16]));
        let sealed = seal(&key, qube, session, &[change]).unwrap();
        let (nonce, body) = sealed.bytes.split_first_chunk::<24>().unwrap();
        let plain = XChaCha20Poly1305::new(&Key::from(*key.expose()))
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: body,
                    aad: b"qib packs v1",
                },
            )
            .unwrap();
        let mut expected = b"qibpacks\x01\0\0\0".to_vec();
        expected.extend([2; 16]);
        expected.extend([3; 16]);
        expected.extend([1, 0, 0, 0]);
        expected.extend([5; 32]);
        expected.extend([2, 6, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(plain, expected);
    }
}
