//! What a backup by blocks would send: the blocks in which two states of a volume differ.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::Result;

const BLOCK: usize = 4096;
const PIECE: usize = 1 << 20;

/// Bytes of all 4 KiB blocks that differ between two images of the same length.
pub(crate) fn changed(before: &Path, after: &Path) -> Result<u64> {
    let (before, after) = (File::open(before)?, File::open(after)?);
    let (mut old, mut new) = (vec![0; PIECE], vec![0; PIECE]);
    let (mut place, mut count) = (0_u64, 0_u64);
    let end = after.metadata()?.len();
    while place < end {
        let length = usize::try_from(end - place).map_or(PIECE, |left| left.min(PIECE));
        old.truncate(length);
        new.truncate(length);
        before.read_exact_at(&mut old, place)?;
        after.read_exact_at(&mut new, place)?;
        let pairs = old.chunks(BLOCK).zip(new.chunks(BLOCK));
        count += u64::try_from(pairs.filter(|(old, new)| old != new).count())?;
        place += u64::try_from(length)?;
    }
    Ok(count * u64::try_from(BLOCK)?)
}
