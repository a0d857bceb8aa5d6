//! Windows: ranges of the volume that are read at once.

use crate::aligned::{ALIGNMENT, Memory};
use crate::number::{narrow, wide};
use std::ops::Range;

/// The longest window, in bytes: enough for any disk to read at full speed.
pub const MAX_BYTES: u64 = 2 << 20;

/// What is read and not wanted costs less than another read up to this many bytes.
const MAX_GAP_BYTES: u64 = 64 << 10;

/// A range of the volume that grows while what follows lies near.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span(Range<u64>);

impl Span {
    /// The first part of a range of the volume, and what is left of that.
    pub fn first(wanted: Range<u64>) -> (Self, Range<u64>) {
        let step = wide(ALIGNMENT);
        let start = wanted.start.saturating_sub(wanted.start % step);
        let end = wanted.end.min(start.saturating_add(MAX_BYTES));
        (Self(start..end), end..wanted.end)
    }

    /// Takes more of the volume in, as far as it fits; what is left, or all of
    /// it when it does not follow closely.
    pub fn extend(&mut self, wanted: Range<u64>) -> Range<u64> {
        let near = (self.0.end..=self.0.end.saturating_add(MAX_GAP_BYTES)).contains(&wanted.start);
        let limit = self.0.start.saturating_add(MAX_BYTES);
        if !near || wanted.start >= limit {
            return wanted;
        }
        self.0.end = wanted.end.min(limit);
        self.0.end..wanted.end
    }

    /// The range with its end on the alignment too, where the volume goes so far.
    pub fn aligned(&self, volume_bytes: u64) -> Range<u64> {
        let end = self.0.end.next_multiple_of(wide(ALIGNMENT));
        self.0.start..end.min(volume_bytes.max(self.0.end))
    }
}

/// A window that was read.
#[derive(Debug, Default)]
pub struct Window {
    /// Where it lies on the volume.
    pub range: Range<u64>,
    /// Its bytes, from the memory's start on.
    pub memory: Memory,
}

impl Window {
    /// The bytes from `place` on, at most `length`; none when it does not hold the place.
    pub fn bytes(&self, place: u64, length: u64) -> &[u8] {
        if !self.range.contains(&place) {
            return &[];
        }
        let skip = narrow(place.saturating_sub(self.range.start));
        let here = self.range.end.saturating_sub(place).min(length);
        self.memory.bytes(skip, narrow(here))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn spans_cover_what_is_wanted_in_order(
            wanted in proptest::collection::vec((0_u64..1 << 24, 1_u64..6 << 20), 1..40),
        ) {
            let mut spans: Vec<Span> = Vec::new();
            for (start, length) in &wanted {
                let mut rest = *start..start + length;
                if let Some(last) = spans.last_mut() {
                    rest = last.extend(rest);
                }
                while !rest.is_empty() {
                    let (span, left) = Span::first(rest);
                    spans.push(span);
                    rest = left;
                }
            }
            let mut ranges = spans.iter().map(|span| span.aligned(u64::MAX));
            let mut current = ranges.next().unwrap();
            for (start, length) in wanted {
                let mut place = start;
                while place < start + length {
                    while !current.contains(&place) {
                        current = ranges.next().unwrap();
                    }
                    prop_assert!(current.end - current.start <= MAX_BYTES + 4096);
                    place = current.end;
                }
            }
        }
    }

    #[test]
    fn memory_is_aligned() {
        let mut memory = Memory::default();
        let slice = memory.slice(100_000);
        assert_eq!(slice.as_ptr().align_offset(ALIGNMENT), 0);
        assert_eq!(slice.len(), 100_000);
    }
}
