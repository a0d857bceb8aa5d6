//! Making a part of a volume zeros. A fresh volume should be zeros already, and is
//! not trusted to be.

use crate::error::{Error, Result};
use crate::number::{narrow, wide};
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// How much is looked at at once.
const PIECE_BYTES: usize = 1 << 20;

/// Makes the range zeros. It takes no space where the volume can do that.
///
/// # Errors
/// When the volume can not be read or written.
pub fn make(file: &File, range: Range<u64>) -> Result<()> {
    if range.is_empty() {
        return Ok(());
    }
    // On a file and on a device this is zeros afterwards, or it fails.
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let length = range.end.saturating_sub(range.start);
    if fallocate(file, flags, range.start, length).is_ok() {
        return Ok(());
    }
    by_hand(file, range).map_err(Error::Target)
}

/// Writes only where something else is: a thin volume stays thin.
fn by_hand(file: &File, range: Range<u64>) -> std::io::Result<()> {
    let mut buffer = vec![0; PIECE_BYTES];
    let mut at = range.start;
    while at < range.end {
        let left = narrow(range.end.saturating_sub(at));
        let piece = buffer.get_mut(..left.min(PIECE_BYTES)).unwrap_or_default();
        file.read_exact_at(piece, at)?;
        if piece.iter().any(|byte| *byte != 0) {
            piece.fill(0);
            file.write_all_at(piece, at)?;
        }
        at = at.saturating_add(wide(piece.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_leave_zeros_and_touch_nothing_else() {
        for make in [
            |file: &File, range| make(file, range).unwrap(),
            |file: &File, range| by_hand(file, range).unwrap(),
        ] {
            let file = tempfile::tempfile().unwrap();
            file.write_all_at(&vec![7; 3 << 20], 0).unwrap();
            make(&file, 1000..(2 << 20) + 77);
            make(&file, 5..5);
            let mut bytes = vec![0; 3 << 20];
            file.read_exact_at(&mut bytes, 0).unwrap();
            let (before, rest) = bytes.split_at(1000);
            let (zeros, after) = rest.split_at((2 << 20) + 77 - 1000);
            assert!(before.iter().chain(after).all(|byte| *byte == 7));
            assert!(zeros.iter().all(|byte| *byte == 0));
            assert_eq!(file.metadata().unwrap().len(), 3 << 20);
        }
    }
}
