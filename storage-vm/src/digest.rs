//! The digest of what is stored, as it is read.

use qib_rpc::id::Digest;
use sha2::{Digest as _, Sha256};
use std::io::{self, Read};

/// Bytes read at once.
const PIECE_BYTES: usize = 1 << 20;

/// The digest of all that there is to read.
///
/// # Errors
/// What reading says.
pub fn digest_of(mut input: impl Read) -> io::Result<Digest> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = input.read(&mut piece)?;
        if count == 0 {
            return Ok(Digest::new(hash.finalize().into()));
        }
        hash.update(piece.get(..count).unwrap_or_default());
    }
}
