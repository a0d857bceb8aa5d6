//! What a file holds: parts with data, and holes.

use std::hash::{DefaultHasher, Hasher};

use qib_ext4_writer::Run;

use super::reading::dice::Dice;
use super::reading::record::{WHOLE_MAX, hash};

/// Data that follows from a seed.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub size: u64,
    /// Offset and length of each part, in order.
    pub parts: Vec<(u64, u64)>,
    pub seed: u64,
}

impl Content {
    /// A file without holes.
    pub fn whole(size: u64, seed: u64) -> Self {
        let parts = vec![(0, size)];
        Self { size, parts, seed }
    }

    /// Parts of these lengths, each behind a gap, and a hole at the end.
    pub fn of_gaps(gaps: &[(u64, u64)], hole: u64, seed: u64) -> Self {
        let mut at = 0;
        let part = |(gap, length): &(u64, u64)| {
            let start = at + gap;
            at = start + length;
            (start, *length)
        };
        let parts = gaps.iter().map(part).collect();
        let size = at + hole;
        Self { size, parts, seed }
    }

    pub fn runs(&self) -> impl Iterator<Item = Run> {
        self.parts.iter().map(|&(at, bytes)| Run { at, bytes })
    }

    /// The bytes of each part; none is zero, so that a byte in a wrong place is seen.
    pub fn data(&self) -> impl Iterator<Item = Vec<u8>> {
        self.parts.iter().map(|(at, length)| {
            let mut dice = Dice(self.seed ^ at);
            let byte = |_| u8::try_from(1 + dice.below(255)).unwrap();
            (0..*length).map(byte).collect()
        })
    }

    /// The ranges that are no holes where blocks have so many bytes.
    pub fn ranges(&self, block: u64) -> Vec<(u64, u64)> {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for (at, length) in &self.parts {
            let start = at / block * block;
            let end = (at + length).next_multiple_of(block).min(self.size);
            match ranges.last_mut() {
                Some(last) if last.1 >= start => last.1 = end,
                _ => ranges.push((start, end)),
            }
        }
        ranges
    }

    /// Of all bytes in those ranges.
    pub fn hash(&self, block: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        for (start, end) in self.ranges(block) {
            self.hash_range(start, end, &mut hasher);
        }
        hasher.finish()
    }

    /// Of the whole file.
    pub fn whole_hash(&self) -> Option<u64> {
        (self.size <= WHOLE_MAX).then(|| {
            let mut hasher = DefaultHasher::new();
            self.hash_range(0, self.size, &mut hasher);
            hasher.finish()
        })
    }

    fn hash_range(&self, start: u64, end: u64, hasher: &mut DefaultHasher) {
        let mut bytes = vec![0; (end - start).try_into().unwrap()];
        for ((at, length), data) in self.parts.iter().zip(self.data()) {
            if (start..end).contains(at) {
                let at = usize::try_from(at - start).unwrap();
                let length = usize::try_from(*length).unwrap();
                bytes[at..at + length].copy_from_slice(&data);
            }
        }
        hash(&bytes, hasher);
    }
}
