//! What tells a new file system apart: derived from the snapshot, so that it is the same each
//! time.

use crate::restore::mkfs::Identity;
use qib_rpc::id::Digest;

const CONTEXT: &str = "qib ext4 identity 1";

/// The identity of the file system that this snapshot becomes.
pub fn of(snapshot: Digest) -> Identity {
    let mut source = blake3::Hasher::new_derive_key(CONTEXT)
        .update(snapshot.bytes())
        .finalize_xof();
    let mut take = || {
        let mut bytes = [0; 16];
        source.fill(&mut bytes);
        // As a UUID that is random would have it.
        let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
        *version = *version & 0x0F | 0x40;
        *variant = *variant & 0x3F | 0x80;
        bytes
    };
    Identity {
        uuid: take(),
        hash_seed: take(),
    }
}
