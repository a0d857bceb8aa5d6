//! Reading the data of a file: only what it has, by the kernel's own map of it.

use super::failed;
use crate::backup::runs::Runs;
use crate::backup::store::Store;
use crate::cut::Cutter;
use crate::error::{Error, Result};
use crate::number::{narrow, wide};
use rustix::fs::{SeekFrom, seek};
use rustix::io::{Errno, pread};
use std::ops::Range;
use std::os::fd::OwnedFd;

/// How much is read at once.
const READ_BYTES: usize = 1 << 20;

/// Files of one volume may share their data, and compress it. What they hold together
/// is this many times the volume at most: more would be a trap without end.
const MAX_TIMES: u64 = 32;

/// Reads files one by one.
pub(super) struct Contents<'a> {
    runs: Runs<'a>,
    buffer: Vec<u8>,
    /// Bytes that may still be read.
    budget: u64,
}

impl<'a> Contents<'a> {
    /// A reader for the files of a volume of this length.
    pub(super) fn new(cutter: &'a Cutter, volume_bytes: u64) -> Self {
        Self {
            runs: Runs::new(cutter),
            buffer: vec![0; READ_BYTES],
            budget: volume_bytes.saturating_mul(MAX_TIMES),
        }
    }

    /// Reads a file and returns its content as words for the table of files.
    /// `each_piece` is called now and then.
    ///
    /// # Errors
    /// When the volume can not be read, or a chunk not be stored.
    pub(super) fn read(
        &mut self,
        file: &OwnedFd,
        size: u64,
        store: &mut Store,
        each_piece: &mut impl FnMut(&mut Store) -> Result<()>,
    ) -> Result<Vec<u32>> {
        let mut at = 0;
        while let Some(data) = next_data(file, at, size)? {
            self.runs.hole(store, data.start.saturating_sub(at))?;
            self.data(file, data.clone(), store, each_piece)?;
            at = data.end;
        }
        self.runs.hole(store, size.saturating_sub(at))?;
        self.runs.finish(store)
    }

    fn data(
        &mut self,
        file: &OwnedFd,
        data: Range<u64>,
        store: &mut Store,
        each_piece: &mut impl FnMut(&mut Store) -> Result<()>,
    ) -> Result<()> {
        let length = data.end.saturating_sub(data.start);
        let trap = Error::VolumeTooLarge("files hold far more than the volume could");
        self.budget = self.budget.checked_sub(length).ok_or(trap)?;
        let mut at = data.start;
        while at < data.end {
            let left = narrow(data.end.saturating_sub(at)).min(READ_BYTES);
            let piece = self.buffer.get_mut(..left).unwrap_or_default();
            let count = pread(file, &mut *piece, at).map_err(failed)?;
            if count == 0 {
                return Err(Error::VolumeContradicts("a file that ends early"));
            }
            let piece = piece.get(..count).unwrap_or_default();
            self.runs.data(store, piece)?;
            at = at.saturating_add(wide(count));
            store.counts.bytes_read = store.counts.bytes_read.saturating_add(wide(count));
            each_piece(store)?;
        }
        Ok(())
    }
}

/// The next part of a file that holds data.
fn next_data(file: &OwnedFd, at: u64, size: u64) -> Result<Option<Range<u64>>> {
    if at >= size {
        return Ok(None);
    }
    let start = match seek(file, SeekFrom::Data(at)) {
        Err(Errno::NXIO) => return Ok(None),
        found => found.map_err(failed)?.max(at),
    };
    if start >= size {
        return Ok(None);
    }
    let end = seek(file, SeekFrom::Hole(start)).map_err(failed)?.min(size);
    if end <= start {
        return Err(Error::VolumeContradicts("data without an end"));
    }
    Ok(Some(start..end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::Known;
    use crate::packing::{Packing, Sink};
    use crate::seal::{OpenWith, SealTo};
    use qib_rpc::key::{ChunkKey, CutKey, IndexSeed};
    use std::io::Write;

    fn read_three_times(size: usize, volume_bytes: u64) -> [Result<Vec<u32>>; 3] {
        let to = SealTo::identity(&OpenWith::seed(&IndexSeed::new([1; 32])).unwrap());
        let packing = Packing::new(to, Sink::Nowhere, Default::default()).unwrap();
        let mut store = Store::new(Known::default(), ChunkKey::new([2; 32]), packing);
        let cutter = Cutter::new(&CutKey::new([3; 32]));
        let mut contents = Contents::new(&cutter, volume_bytes);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![7; size]).unwrap();
        let file = OwnedFd::from(file);
        let size = wide(size);
        [(); 3].map(|()| contents.read(&file, size, &mut store, &mut |_| Ok(())))
    }

    #[test]
    fn what_is_read_again_and_again_ends_in_an_error() {
        let read = read_three_times(100_000, 200_000 / MAX_TIMES);
        assert!(matches!(
            read,
            [Ok(_), Ok(_), Err(Error::VolumeTooLarge(_))]
        ));
        let [first, second, third] = read_three_times(100_000, 1 << 30);
        let first = first.unwrap();
        assert_eq!(first.len(), 1);
        assert!(first == second.unwrap() && first == third.unwrap());
    }
}
