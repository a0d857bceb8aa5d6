//! Fingerprints: whether a file looks as an earlier run saw it.

use super::selection::left_out_by_itself;
use crate::index::FileKey;
use qib_ext4::Inode;
use qib_rpc::key::ChunkKey;
use qib_rpc::rule::Rules;

/// Makes fingerprints. Keyed, so that the index tells no times and sizes to
/// whoever learns its identity and not the chunk key.
pub struct Fingerprints {
    key: [u8; 32],
    rules: Rules,
}

impl Fingerprints {
    /// The fingerprints of a qube.
    pub fn new(key: &ChunkKey, rules: Rules) -> Self {
        Self {
            rules,
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
        hasher.update(&[u8::from(left_out_by_itself(self.rules, inode).is_some())]);
        let mut fingerprint = [0; 16];
        let hash = hasher.finalize();
        fingerprint.copy_from_slice(hash.as_bytes().first_chunk::<16>().unwrap_or(&[0; 16]));
        FileKey {
            inode: inode.number.get(),
            generation: inode.generation,
            fingerprint,
        }
    }
}
