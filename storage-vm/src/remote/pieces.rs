//! Memory for what is being sent: pieces of one size that are used again, so that it does not
//! depend on the moods of an allocator how much the daemon has after a month.

use bytes::Bytes;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a piece.
const PIECE_BYTES: usize = 1 << 20;

/// Pieces that wait to be used again, at most.
const MAX_SPARE: usize = 64;

/// The pieces that nobody has.
#[derive(Clone, Default)]
pub struct Pieces(Arc<Mutex<Vec<Vec<u8>>>>);

/// A piece that someone has.
struct Piece {
    bytes: Vec<u8>,
    home: Pieces,
}

impl Pieces {
    /// The next piece of what there is to read; none at its end.
    ///
    /// # Errors
    /// What reading says.
    pub fn read(&self, input: impl Read) -> io::Result<Option<Bytes>> {
        let mut piece = Piece {
            bytes: self
                .spare()
                .unwrap_or_else(|| Vec::with_capacity(PIECE_BYTES)),
            home: self.clone(),
        };
        let most = u64::try_from(PIECE_BYTES).unwrap_or(u64::MAX);
        let count = input.take(most).read_to_end(&mut piece.bytes)?;
        Ok((count > 0).then(|| Bytes::from_owner(piece)))
    }

    fn spare(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        let spare = self.home.0.lock();
        let mut spare = spare.unwrap_or_else(PoisonError::into_inner);
        if spare.len() < MAX_SPARE {
            spare.push(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_comes_back_empty_and_is_used_again() {
        let pieces = Pieces::default();
        let text = vec![7; PIECE_BYTES + 3];
        let mut input = text.as_slice();
        let first = pieces.read(&mut input).unwrap().unwrap();
        let second = pieces.read(&mut input).unwrap().unwrap();
        assert!(first == text[..PIECE_BYTES] && second == [7; 3][..]);
        assert_eq!(pieces.read(&mut input).unwrap(), None);
        let place = first.as_ptr();
        drop(first);
        let again = pieces.read(&[8; 5][..]).unwrap().unwrap();
        assert!(again.as_ptr() == place && again == [8; 5][..]);
    }
}
