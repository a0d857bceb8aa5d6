//! Blocks that lie somewhere else than where they belong.

use std::collections::BTreeMap;

/// The first four bytes of every block of the journal that is not a copy.
pub(crate) const JOURNAL_MAGIC: [u8; 4] = [0xC0, 0x3B, 0x39, 0x98];

/// Where the content of a block is to be taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Copy {
    /// In bytes on the device, where the reader has a whole block.
    pub(crate) place: u64,
    /// The block begins with the magic number of the journal, which its copy has as zeros.
    pub(crate) escaped: bool,
}

/// The newest copy of each block that has one; empty for most volumes.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    block_size: u64,
    copies: BTreeMap<u64, Copy>,
}

/// A part of a buffer that is to be filled from elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Patch {
    /// Where it begins in the buffer.
    pub(crate) at: u64,
    pub(crate) length: u64,
    /// Where its content lies on the device.
    pub(crate) place: u64,
    /// It begins so many bytes behind the start of a block that is escaped.
    pub(crate) escaped_skip: Option<u64>,
}

impl Overlay {
    pub(crate) fn new(block_size: u32, copies: BTreeMap<u64, Copy>) -> Self {
        Self {
            block_size: block_size.into(),
            copies,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.copies.is_empty()
    }

    /// How many blocks are read from elsewhere.
    pub(crate) fn len(&self) -> usize {
        self.copies.len()
    }

    /// What to change in `length` bytes at `offset` as the device has them.
    pub(crate) fn patches(&self, offset: u64, length: u64) -> impl Iterator<Item = Patch> {
        let end = offset.saturating_add(length);
        let first = offset.checked_div(self.block_size).unwrap_or(0);
        let behind = end.checked_next_multiple_of(self.block_size);
        let behind = behind.and_then(|behind| behind.checked_div(self.block_size));
        let found = self.copies.range(first..behind.unwrap_or(first).max(first));
        found.map(move |(block, copy)| {
            let start = block.saturating_mul(self.block_size);
            let from = start.max(offset);
            let to = start.saturating_add(self.block_size).min(end);
            let skip = from.saturating_sub(start);
            Patch {
                at: from.saturating_sub(offset),
                length: to.saturating_sub(from),
                place: copy.place.saturating_add(skip),
                escaped_skip: copy.escaped.then_some(skip),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay() -> Overlay {
        let copy = |place, escaped| Copy { place, escaped };
        let copies = [(3, copy(50_000, false)), (5, copy(60_000, true))];
        Overlay::new(1024, copies.into())
    }

    fn patches(offset: u64, length: u64) -> Vec<(u64, u64, u64, Option<u64>)> {
        let found = overlay();
        let found = found.patches(offset, length);
        found
            .map(|patch| (patch.at, patch.length, patch.place, patch.escaped_skip))
            .collect()
    }

    #[test]
    fn only_what_intersects_is_patched() {
        assert_eq!(patches(0, 3072), []);
        assert_eq!(patches(4096, 1024), []);
        assert_eq!(patches(6144, 1 << 40), []);
        assert_eq!(patches(3072, 0), []);
        let both = [(3072, 1024, 50_000, None), (5120, 1024, 60_000, Some(0))];
        assert_eq!(patches(0, 1 << 20), both);
    }

    #[test]
    fn parts_of_blocks() {
        assert_eq!(patches(3000, 100), [(72, 28, 50_000, None)]);
        assert_eq!(patches(3080, 16), [(0, 16, 50_008, None)]);
        assert_eq!(patches(5122, 4000), [(0, 1022, 60_002, Some(2))]);
    }

    #[test]
    fn no_overlay_changes_nothing() {
        assert_eq!(Overlay::default().patches(0, u64::MAX).count(), 0);
    }
}
