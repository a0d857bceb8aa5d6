//! dom0's own objects as bytes: sealed and authenticated in dom0.
//!
//! | bytes | meaning |
//! |---|---|
//! | 0..8 | `qibdomf1`: contents of files; `qibdomc1`: a catalogue of files |
//! | 8..32 | nonce |
//! | 32.. | XChaCha20-Poly1305 of the plaintext and zeros up to a multiple of 16 KiB; bytes 0..8 are its associated data |

use crate::error::{Error, Result};
use crate::keys::Dom0Key;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use qib_rpc::object::ObjectName;

/// Sizes of objects then say little.
const STEP_BYTES: usize = 16 << 10;

/// What an object holds: none is ever taken for one of the other kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Contents of files, one after the other.
    Contents,
    /// Entries.
    Catalogue,
}

impl Holds {
    const fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Contents => b"qibdomf1",
            Self::Catalogue => b"qibdomc1",
        }
    }
}

/// Seals `plain`.
///
/// # Errors
/// When the system gives no randomness.
pub fn seal(key: &Dom0Key, holds: Holds, mut plain: Vec<u8>) -> Result<Vec<u8>> {
    plain.resize(plain.len().next_multiple_of(STEP_BYTES), 0);
    let failed = || Error::Config("the system gives no randomness".to_owned());
    let mut nonce = [0; 24];
    getrandom::fill(&mut nonce).map_err(|_| failed())?;
    let payload = Payload {
        msg: &plain,
        aad: holds.magic(),
    };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| failed())?;
    Ok([holds.magic().as_slice(), &nonce, &sealed].concat())
}

/// Opens what [`seal`] made.
///
/// # Errors
/// When it did not make it, or not as that.
pub fn open(key: &Dom0Key, holds: Holds, name: ObjectName, untrusted: &[u8]) -> Result<Vec<u8>> {
    let opened = || {
        let rest = untrusted.strip_prefix(holds.magic())?;
        let (nonce, sealed) = rest.split_first_chunk::<24>()?;
        let payload = Payload {
            msg: sealed,
            aad: holds.magic(),
        };
        let cipher = cipher(key);
        cipher.decrypt(&XNonce::from(*nonce), payload).ok()
    };
    opened().ok_or_else(|| {
        Error::Disagree(format!(
            "{name} at the storage is not what dom0 stored; another snapshot may be whole"
        ))
    })
}

fn cipher(key: &Dom0Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*key.0).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use proptest::prelude::*;
    use qib_rpc::key::Dom0Secret;
    use qib_rpc::object::Kind;

    fn opened(holds: Holds, bytes: &[u8]) -> Result<Vec<u8>> {
        let key = Keys::new(&Dom0Secret::new([9; 32])).dom0();
        open(&key, holds, ObjectName::of(Kind::Dom0, bytes), bytes)
    }

    fn sealed() -> Vec<u8> {
        let key = Keys::new(&Dom0Secret::new([9; 32])).dom0();
        seal(&key, Holds::Contents, b"text".to_vec()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_as_that_and_as_nothing_else() {
        let plain = opened(Holds::Contents, &sealed()).unwrap();
        assert_eq!((plain.len(), &plain[..5]), (STEP_BYTES, &b"text\0"[..]));
        assert!(opened(Holds::Catalogue, &sealed()).is_err());
        let as_catalogue = [b"qibdomc1".as_slice(), &sealed()[8..]].concat();
        assert!(opened(Holds::Catalogue, &as_catalogue).is_err());
        let other = Keys::new(&Dom0Secret::new([8; 32])).dom0();
        let name = ObjectName::of(Kind::Dom0, &sealed());
        assert!(open(&other, Holds::Contents, name, &sealed()).is_err());
    }

    proptest! {
        #[test]
        fn no_bit_can_change(at: proptest::sample::Index, bit in 0..8u8, cut: proptest::sample::Index) {
            let sealed = sealed();
            let mut flipped = sealed.clone();
            flipped[at.index(sealed.len())] ^= 1 << bit;
            prop_assert!(opened(Holds::Contents, &flipped).is_err());
            prop_assert!(opened(Holds::Contents, &sealed[..cut.index(sealed.len())]).is_err());
        }
    }
}
