//! What a new file system is told apart by: derived from the snapshot, so that it is the same
//! each time, or random.

use crate::error::{Error, Result};
use qib_rpc::id::Digest;
use qib_rpc::message::restore::ToldApart;
use std::io;

const CONTEXT: &str = "qib ext4 identity 1";

/// What a file system is told apart by.
#[derive(Clone, Copy, Debug)]
pub struct Identity {
    /// Names it.
    pub uuid: [u8; 16],
    /// Decides the order of names in its folders.
    pub hash_seed: [u8; 16],
}

impl Identity {
    /// That of the file system which this snapshot becomes.
    ///
    /// # Errors
    /// When there is no randomness and some is wanted.
    pub fn new(snapshot: Digest, told_apart: ToldApart) -> Result<Self> {
        let mut source = blake3::Hasher::new_derive_key(CONTEXT);
        source.update(snapshot.bytes());
        if told_apart == ToldApart::AtRandom {
            let mut chance = [0; 32];
            let filled = getrandom::fill(&mut chance).map_err(io::Error::other);
            filled.map_err(Error::Helper)?;
            source.update(&chance);
        }
        let mut stream = source.finalize_xof();
        let mut take = || {
            let mut bytes = [0; 16];
            stream.fill(&mut bytes);
            // As a UUID that is random would have it.
            let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
            *version = *version & 0x0F | 0x40;
            *variant = *variant & 0x3F | 0x80;
            bytes
        };
        Ok(Self {
            uuid: take(),
            hash_seed: take(),
        })
    }
}
