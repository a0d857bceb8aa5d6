//! Chunk ids: BLAKE3 over the plaintext, keyed with a secret of the qube's.

use qib_rpc::hex;
use qib_rpc::key::ChunkKey;
use std::fmt;

/// The id of a chunk. Without the key it says nothing about the content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId([u8; 32]);

impl ChunkId {
    /// The id of the chunk with this plaintext.
    pub fn of(key: &ChunkKey, plain: &[u8]) -> Self {
        Self(*blake3::keyed_hash(key.expose(), plain).as_bytes())
    }

    /// The id with these bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the id.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first three bytes of the id, as a number: enough to find it among the chunks of a
    /// pack or of an index, hardly ever with another beside it.
    pub const fn prefix(&self) -> u32 {
        let [first, second, third, ..] = self.0;
        u32::from_le_bytes([first, second, third, 0])
    }

    /// Reads 64 digits of lower-case hexadecimal.
    pub fn parse(untrusted_text: &[u8]) -> Option<Self> {
        hex::decode(std::str::from_utf8(untrusted_text).ok()?).map(Self)
    }
}

impl fmt::Display for ChunkId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for ChunkId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ChunkId({self})")
    }
}
