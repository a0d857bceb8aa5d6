//! Settings as an object: sealed, authenticated, and bound to their qube.
//!
//! | bytes | meaning |
//! |---|---|
//! | 0..8 | `qibsett1` |
//! | 8..32 | nonce: HKDF-SHA256 of the text, with a key of its own for salt |
//! | 32.. | XChaCha20-Poly1305 of the text; its associated data is bytes 0..8 and the qube's id |
//!
//! The nonce comes from the text, so the same settings of a qube are the same object, and two
//! different ones never share a nonce.

use super::Settings;
use crate::keys::SettingsKey;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use qib_rpc::id::QubeId;

const MAGIC: &[u8; 8] = b"qibsett1";
const NONCE_BYTES: usize = 24;

/// Seals settings for their qube.
pub fn seal(key: &SettingsKey, qube: QubeId, settings: &Settings) -> Vec<u8> {
    let text = settings.encode();
    let nonce = key.nonce(text.as_bytes());
    let payload = Payload {
        msg: text.as_bytes(),
        aad: &associated(qube),
    };
    let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
    // It fails for texts of 256 GiB.
    let sealed = sealed.unwrap_or_default();
    [MAGIC.as_slice(), &nonce, &sealed].concat()
}

/// Opens them; none if anything in them was changed, or they are another qube's.
pub fn open(key: &SettingsKey, qube: QubeId, untrusted: &[u8]) -> Option<Settings> {
    let rest = untrusted.strip_prefix(MAGIC)?;
    let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: sealed,
        aad: &associated(qube),
    };
    let text = cipher(key).decrypt(&XNonce::from(*nonce), payload).ok()?;
    Settings::decode(std::str::from_utf8(&text).ok()?)
}

fn associated(qube: QubeId) -> Vec<u8> {
    [MAGIC.as_slice(), qube.bytes()].concat()
}

fn cipher(key: &SettingsKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.cipher().into())
}

#[cfg(test)]
mod tests {
    use super::super::sample::{sample, text};
    use super::*;
    use crate::keys::Keys;
    use proptest::prelude::*;
    use qib_rpc::key::Dom0Secret;

    const QUBE: QubeId = QubeId::new([1; 16]);
    const OTHER: QubeId = QubeId::new([2; 16]);

    fn key(secret: u8, qube: QubeId) -> SettingsKey {
        Keys::new(&Dom0Secret::new([secret; 32])).settings(qube)
    }

    #[test]
    fn the_same_settings_are_the_same_object_and_others_another() {
        let sealed = seal(&key(1, QUBE), QUBE, &sample());
        assert_eq!(open(&key(1, QUBE), QUBE, &sealed), Some(sample()));
        assert_eq!(seal(&key(1, QUBE), QUBE, &sample()), sealed);
        let notes = text("x");
        let other = seal(&key(1, QUBE), QUBE, &Settings { notes, ..sample() });
        assert_ne!(other[8..32], sealed[8..32]);
    }

    #[test]
    fn another_qube_or_installation_can_not_open_it() {
        let sealed = seal(&key(1, QUBE), QUBE, &sample());
        assert_eq!(open(&key(1, OTHER), OTHER, &sealed), None);
        assert_eq!(open(&key(1, QUBE), OTHER, &sealed), None);
        assert_eq!(open(&key(2, QUBE), QUBE, &sealed), None);
    }

    proptest! {
        #[test]
        fn no_bit_can_change(at: proptest::sample::Index, bit in 0..8u8, cut: proptest::sample::Index) {
            let sealed = seal(&key(1, QUBE), QUBE, &sample());
            let mut flipped = sealed.clone();
            flipped[at.index(sealed.len())] ^= 1 << bit;
            prop_assert_eq!(open(&key(1, QUBE), QUBE, &flipped), None);
            prop_assert_eq!(open(&key(1, QUBE), QUBE, &sealed[..cut.index(sealed.len())]), None);
        }
    }
}
