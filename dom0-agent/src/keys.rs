//! Everything symmetric, derived from the dom0 secret by HKDF-SHA256.
//!
//! The label names purpose and version; the qube's random id, never its name,
//! makes the key its own.

use hkdf::Hkdf;
use qib_rpc::id::{QubeId, SessionId};
use qib_rpc::key::{ChunkKey, CutKey, Dom0Secret, IndexSeed, PacksKey};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Derives keys.
pub struct Keys(Hkdf<Sha256>);

/// Seals a qube's settings.
pub struct SettingsKey {
    cipher: Zeroizing<[u8; 32]>,
    nonce: Zeroizing<[u8; 32]>,
}

impl SettingsKey {
    /// The cipher's key.
    pub(crate) fn cipher(&self) -> &[u8; 32] {
        &self.cipher
    }

    /// The nonce of a text: the same for the same text alone.
    pub(crate) fn nonce(&self, text: &[u8]) -> [u8; 24] {
        expand(&Hkdf::new(Some(self.nonce.as_slice()), text), &[b"nonce"])
    }
}

/// Seals dom0's ledger.
pub struct LedgerKey(pub(crate) Zeroizing<[u8; 32]>);

/// Seals dom0's own files.
pub struct Dom0Key(pub(crate) Zeroizing<[u8; 32]>);

impl Keys {
    /// Keys of this installation.
    pub fn new(secret: &Dom0Secret) -> Self {
        Self(Hkdf::new(Some(b"qib dom0 secret v1"), secret.expose()))
    }

    /// Keys the ids of a qube's chunks.
    pub fn chunk(&self, qube: QubeId) -> ChunkKey {
        ChunkKey::new(*self.derive(&[b"chunk v1", qube.bytes()]))
    }

    /// Decides where a qube's large files are cut.
    pub fn cut(&self, qube: QubeId) -> CutKey {
        CutKey::new(*self.derive(&[b"cut v1", qube.bytes()]))
    }

    /// The seed of a qube's index identity.
    pub fn index(&self, qube: QubeId) -> IndexSeed {
        IndexSeed::new(*self.derive(&[b"index v1", qube.bytes()]))
    }

    /// Seals the list of packs of one session.
    pub fn packs(&self, qube: QubeId, session: SessionId) -> PacksKey {
        PacksKey::new(*self.derive(&[b"packs v1", qube.bytes(), session.bytes()]))
    }

    /// Seals the ledger.
    pub fn ledger(&self) -> LedgerKey {
        LedgerKey(self.derive(&[b"ledger v1"]))
    }

    /// Seals dom0's own files.
    pub fn dom0(&self) -> Dom0Key {
        Dom0Key(self.derive(&[b"dom0 files v1"]))
    }

    /// The code of a receipt: 40 bits over the number of a record and the beginning of its digest.
    pub fn receipt(&self, sequence: u64, digest: &[u8; 5]) -> [u8; 5] {
        let code = self.derive(&[b"receipt v1", &sequence.to_le_bytes(), digest]);
        code.first_chunk().copied().unwrap_or_default()
    }

    /// Seals the settings of a qube.
    pub fn settings(&self, qube: QubeId) -> SettingsKey {
        SettingsKey {
            cipher: self.derive(&[b"settings v1", qube.bytes()]),
            nonce: self.derive(&[b"settings nonce v1", qube.bytes()]),
        }
    }

    fn derive(&self, info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(expand(&self.0, info))
    }
}

fn expand<const N: usize>(from: &Hkdf<Sha256>, info: &[&[u8]]) -> [u8; N] {
    let mut bytes = [0; N];
    // At most 32 bytes are asked for, within HKDF's limit of 255 times 32.
    let _within_limit = from.expand_multi_info(info, &mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purpose_and_qube_and_session_separate_keys() {
        let keys = Keys::new(&Dom0Secret::new([1; 32]));
        let (one, two) = (QubeId::new([1; 16]), QubeId::new([2; 16]));
        let session = SessionId::new([3; 16]);
        let all = [
            *keys.chunk(one).expose(),
            *keys.chunk(two).expose(),
            *keys.cut(one).expose(),
            *keys.index(one).expose(),
            *keys.packs(one, session).expose(),
            *keys.packs(one, SessionId::new([4; 16])).expose(),
            *keys.ledger().0,
            *keys.settings(one).cipher,
            *keys.settings(one).nonce,
            *keys.settings(two).cipher,
            *keys.dom0().0,
        ];
        for (place, key) in all.iter().enumerate() {
            assert_ne!(key, &[0; 32]);
            assert!(all.iter().skip(place + 1).all(|other| other != key));
        }
    }

    #[test]
    fn another_secret_makes_other_keys() {
        let qube = QubeId::new([1; 16]);
        let one = Keys::new(&Dom0Secret::new([1; 32])).chunk(qube);
        let two = Keys::new(&Dom0Secret::new([2; 32])).chunk(qube);
        assert_ne!(one.expose(), two.expose());
    }
}
