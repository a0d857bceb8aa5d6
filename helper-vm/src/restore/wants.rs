//! Which chunk belongs where: a table that is sorted once and then only asked.

use super::runs::Run;
use super::survey::Survey;
use crate::chunk_id::ChunkId;
use crate::number::narrow;
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

    /// The wants of a chunk that has not come yet; they count as met from now on.
    pub fn meet(&self, chunk: &ChunkId) -> &[Want<P>] {
        let begin = self.wants.partition_point(|want| want.chunk < *chunk);
        let rest = self.wants.get(begin..).unwrap_or_default();
        let count = rest.iter().take_while(|want| want.chunk == *chunk).count();
        let end = begin.saturating_add(count);
        let met = self.met.get(begin..end).unwrap_or_default();
        // Of two threads with the same chunk, one meets the first want and thereby all.
        let came = |first: &AtomicBool| first.swap(true, Ordering::Relaxed);
        if met.first().is_none_or(came) {
            return &[];
        }
        for met in met {
            met.store(true, Ordering::Relaxed);
        }
        self.wants.get(begin..end).unwrap_or_default()
    }
}

impl<P> Default for Wants<P> {
    fn default() -> Self {
        Self::new(&Survey::default())
    }
}

impl<P: Sync> Wanted for Wants<P> {
    fn unmet(&self) -> Vec<ChunkId> {
        let wants = self.wants.iter().zip(&self.met);
        let unmet = wants.filter(|(_, met)| !met.load(Ordering::Relaxed));
        let mut chunks: Vec<ChunkId> = unmet.map(|(want, _)| want.chunk).collect();
        chunks.dedup();
        chunks
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
}
