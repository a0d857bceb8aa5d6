//! Fixed-width little-endian fields, read from a slice that may lie.

/// What is left of a record.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    untrusted_rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Reads fields from `untrusted_bytes`.
    pub fn new(untrusted_bytes: &'a [u8]) -> Self {
        Self {
            untrusted_rest: untrusted_bytes,
        }
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.untrusted_rest.split_first_chunk()?;
        self.untrusted_rest = rest;
        Some(*field)
    }

    /// The next 32-bit number.
    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next 64-bit number.
    pub fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// True when nothing is left.
    pub fn is_empty(&self) -> bool {
        self.untrusted_rest.is_empty()
    }
}
