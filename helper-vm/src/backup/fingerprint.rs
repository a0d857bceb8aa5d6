//! Fingerprints: whether a file looks as an earlier run saw it.

use crate::index::FileKey;
use qib_ext4::Inode;
use qib_rpc::key::ChunkKey;

/// Makes fingerprints. Keyed, so that the index tells no times and sizes to
/// whoever learns its identity and not the chunk key.
pub struct Fingerprints {
    key: [u8; 32],
}

impl Fingerprints {
    /// The fingerprints of a qube.
    pub fn new(key: &ChunkKey) -> Self {
        Self {
            key: blake3::derive_key("qib v1 file fingerprint", key.expose()),
        }
    }

    /// What an index says of a file.
    pub fn key_of(&self, inode: &Inode) -> FileKey {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&inode.size.to_le_bytes());
        for time in [inode.mtime, inode.ctime] {
            hasher.update(&time.seconds.to_le_bytes());
            hasher.update(&time.nanoseconds.to_le_bytes());
        }
        let mut fingerprint = [0; 16];
        hasher.finalize_xof().fill(&mut fingerprint);
        FileKey {
            inode: inode.number.get(),
            generation: inode.generation,
            fingerprint,
        }
    }
}
