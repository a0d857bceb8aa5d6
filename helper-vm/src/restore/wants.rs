//! Which chunk belongs where: a table that is sorted once and then only asked.

use super::runs::Run;
use super::survey::Survey;
use crate::chunk_id::ChunkId;
use crate::cut;
use crate::error::{Error, Result};
use crate::number::{narrow, place};
use qib_rpc::key::ChunkKey;
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, Ordering};

/// A place that wants a chunk.
#[derive(Clone, Copy, Debug)]
pub struct Want<P> {
    chunk: ChunkId,
    /// Length that the chunk must have.
    pub bytes: u32,
    /// True for the first of a file.
    pub begins: bool,
    /// The place.
    pub place: P,
}

impl<P> Want<P> {
    /// The length that its chunk must have, unless none has that.
    pub fn readable_bytes(&self) -> Option<usize> {
        Some(place(self.bytes)).filter(|bytes| *bytes <= cut::MAX_BYTES)
    }

    /// Whether this is its chunk.
    pub fn is(&self, plain: &[u8], key: &ChunkKey) -> bool {
        plain.len() == place(self.bytes) && ChunkId::of(key, plain) == self.chunk
    }

    /// Whether its chunk lies at a place of a volume.
    ///
    /// # Errors
    /// When the volume can not be read.
    pub fn lies_in(&self, volume: &File, at: u64, key: &ChunkKey) -> Result<bool> {
        let Some(length) = self.readable_bytes() else {
            return Ok(false);
        };
        let mut plain = vec![0; length];
        volume
            .read_exact_at(&mut plain, at)
            .map_err(Error::Target)?;
        Ok(self.is(&plain, key))
    }
}

/// Every place that wants a chunk.
#[derive(Debug)]
pub struct Wants<P> {
    wants: Vec<Want<P>>,
    /// True for a want that was met, by its place in the table.
    met: Vec<AtomicBool>,
}

/// Chunks that are wanted.
pub trait Wanted {
    /// Those that have not come yet.
    fn unmet(&self) -> Vec<ChunkId>;

    /// Those of them whose ids begin so.
    fn unmet_with(&self, prefix: u32) -> Vec<ChunkId>;

    /// True when every place has its chunk.
    fn all_met(&self) -> bool;
}

impl<P> Wants<P> {
    /// An empty table with room for what the survey found.
    pub fn new(survey: &Survey) -> Self {
        Self {
            wants: Vec::with_capacity(narrow(survey.runs)),
            met: Vec::new(),
        }
    }

    /// Adds a run of a file.
    pub fn add(&mut self, run: Run, begins: bool, place: P) {
        self.wants.push(Want {
            chunk: run.chunk,
            bytes: u32::try_from(run.bytes).unwrap_or(u32::MAX),
            begins,
            place,
        });
    }

    /// Everything was added.
    pub fn sort(&mut self) {
        self.wants.sort_unstable_by_key(|want| want.chunk);
        self.met.resize_with(self.wants.len(), AtomicBool::default);
    }

    /// The wants of a chunk, met or not.
    pub fn of(&self, chunk: &ChunkId) -> &[Want<P>] {
        self.wants.get(self.range(chunk)).unwrap_or_default()
    }

    fn range(&self, chunk: &ChunkId) -> Range<usize> {
        let begin = self.wants.partition_point(|want| want.chunk < *chunk);
        let rest = self.wants.get(begin..).unwrap_or_default();
        let count = rest.iter().take_while(|want| want.chunk == *chunk).count();
        begin..begin.saturating_add(count)
    }

    /// The wants of a chunk that has not come yet; they count as met from now on.
    pub fn meet(&self, chunk: &ChunkId) -> &[Want<P>] {
        let range = self.range(chunk);
        let met = self.met.get(range.clone()).unwrap_or_default();
        // Of two threads with the same chunk, one meets the first want and thereby all.
        let came = |first: &AtomicBool| first.swap(true, Ordering::Relaxed);
        if met.first().is_none_or(came) {
            return &[];
        }
        for met in met {
            met.store(true, Ordering::Relaxed);
        }
        self.wants.get(range).unwrap_or_default()
    }

    /// The chunks that have not come yet, as long as `belongs`.
    fn unmet_from(&self, begin: usize, belongs: impl Fn(&Want<P>) -> bool) -> Vec<ChunkId> {
        let wants = self.wants.get(begin..).unwrap_or_default();
        let met = self.met.get(begin..).unwrap_or_default();
        let wants = wants.iter().zip(met);
        let wants = wants.take_while(|(want, _)| belongs(want));
        let unmet = wants.filter(|(_, met)| !met.load(Ordering::Relaxed));
        let mut chunks: Vec<ChunkId> = unmet.map(|(want, _)| want.chunk).collect();
        chunks.dedup();
        chunks
    }
}

impl<P> Default for Wants<P> {
    fn default() -> Self {
        Self::new(&Survey::default())
    }
}

impl<P: Sync> Wanted for Wants<P> {
    fn unmet(&self) -> Vec<ChunkId> {
        self.unmet_from(0, |_| true)
    }

    fn unmet_with(&self, prefix: u32) -> Vec<ChunkId> {
        // Ids are in the order of their bytes, the first of which are the lowest of a prefix.
        let order = prefix.swap_bytes();
        let before = |want: &Want<P>| want.chunk.prefix().swap_bytes() < order;
        let begin = self.wants.partition_point(before);
        self.unmet_from(begin, |want| want.chunk.prefix() == prefix)
    }

    fn all_met(&self) -> bool {
        self.met.iter().all(|met| met.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_met_once() {
        let mut wants = Wants::default();
        for (byte, at) in [(2, 0), (1, 10), (2, 20)] {
            let chunk = ChunkId::new([byte; 32]);
            let bytes = 5;
            wants.add(Run { chunk, at, bytes }, at == 0, at);
        }
        wants.sort();
        assert_eq!(wants.meet(&ChunkId::new([9; 32])).len(), 0);
        let met = wants.meet(&ChunkId::new([2; 32]));
        let mut places: Vec<(u64, bool)> =
            met.iter().map(|want| (want.place, want.begins)).collect();
        places.sort_unstable();
        assert_eq!(places, [(0, true), (20, false)]);
        assert_eq!(wants.meet(&ChunkId::new([2; 32])).len(), 0);
        assert_eq!(wants.unmet(), [ChunkId::new([1; 32])]);
        assert!(!wants.all_met());
        assert_eq!(wants.meet(&ChunkId::new([1; 32])).len(), 1);
        assert!(wants.all_met());
    }

    #[test]
    fn what_is_wanted_is_found_by_the_beginning_of_its_id() {
        let chunk = |first: [u8; 4]| {
            let mut id = [0; 32];
            id.split_at_mut(4).0.copy_from_slice(&first);
            ChunkId::new(id)
        };
        let all = [
            chunk([1, 2, 3, 0]),
            chunk([1, 2, 3, 9]),
            chunk([1, 3, 0, 0]),
            chunk([2, 0, 0, 0]),
        ];
        let mut wants = Wants::default();
        for (number, chunk) in all.into_iter().rev().enumerate() {
            let (at, bytes) = (0, 5);
            wants.add(Run { chunk, at, bytes }, true, number);
            wants.add(Run { chunk, at, bytes }, true, number);
        }
        wants.sort();
        for one in all {
            let same = all.into_iter().filter(|all| all.prefix() == one.prefix());
            assert_eq!(
                wants.unmet_with(one.prefix()),
                same.collect::<Vec<ChunkId>>()
            );
            assert_eq!(wants.of(&one).len(), 2);
        }
        assert_eq!(wants.unmet_with(7), []);
        assert_eq!(wants.meet(&all[0]).len(), 2);
        assert_eq!(wants.unmet_with(all[0].prefix()), [all[1]]);
    }
}
