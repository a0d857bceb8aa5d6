//! Which file of an earlier run a file is. Inode numbers of other file systems have 64
//! bits and repeat in each subvolume: the index is asked by a hash of both. Two files
//! with one hash are told apart by the fingerprint, and one of them is read again.

use super::look::Look;
use crate::index::FileKey;
use qib_rpc::key::ChunkKey;

/// A subvolume by the way that leads to it; its number changes from mount to mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place([u8; 16]);

impl Place {
    /// What the root of the volume lies in.
    pub(super) const ROOT: Self = Self([0; 16]);
}

/// Makes keys of the table of files. Keyed, so that the index tells nothing to whoever
/// learns its identity and not the chunk key.
pub(super) struct Identities {
    key: [u8; 32],
}

impl Identities {
    /// The keys of a qube.
    pub(super) fn new(key: &ChunkKey) -> Self {
        Self {
            key: blake3::derive_key("qib v1 mounted file", key.expose()),
        }
    }

    /// The subvolume that begins at a name in a folder of another.
    pub(super) fn place(&self, above: Place, folder: u64, name: &[u8]) -> Place {
        let mut hasher = self.hasher(above, folder);
        hasher.update(name);
        Place(first(&hasher))
    }

    /// A number for a file, the same in every run.
    pub(super) fn number(&self, place: Place, inode: u64) -> u64 {
        u64::from_le_bytes(first(&self.hasher(place, inode)))
    }

    /// What an index says of a file.
    pub(super) fn key_of(&self, place: Place, look: &Look) -> FileKey {
        let number = self.number(place, look.id.inode).to_le_bytes();
        let [a, b, c, d, e, f, g, h] = number;
        let mut hasher = self.hasher(place, look.id.inode);
        hasher.update(&look.size.to_le_bytes());
        for (seconds, nanoseconds) in [(look.meta.seconds, look.meta.nanoseconds), look.changed] {
            hasher.update(&seconds.to_le_bytes());
            hasher.update(&nanoseconds.to_le_bytes());
        }
        FileKey {
            inode: u32::from_le_bytes([a, b, c, d]),
            generation: u32::from_le_bytes([e, f, g, h]),
            fingerprint: first(&hasher),
        }
    }

    fn hasher(&self, place: Place, inode: u64) -> blake3::Hasher {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&place.0);
        hasher.update(&inode.to_le_bytes());
        hasher
    }
}

fn first<const N: usize>(hasher: &blake3::Hasher) -> [u8; N] {
    let mut bytes = [0; N];
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}
