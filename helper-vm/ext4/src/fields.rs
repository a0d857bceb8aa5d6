//! Little-endian fields of a structure, read without a chance to panic.

use crate::error::{Error, Fault, Site};

/// The bytes of one structure and the name to blame when a field is not inside them.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    untrusted_bytes: &'a [u8],
    site: Site,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(untrusted_bytes: &'a [u8], site: Site) -> Self {
        Self {
            untrusted_bytes,
            site,
        }
    }

    pub(crate) fn bytes<const N: usize>(&self, at: usize) -> Result<[u8; N], Error> {
        let found = self
            .untrusted_bytes
            .get(at..)
            .and_then(|rest| rest.first_chunk());
        found.copied().ok_or_else(|| self.site.fault(Fault::Short))
    }

    pub(crate) fn slice(&self, at: usize, length: usize) -> Result<&'a [u8], Error> {
        let end = at.checked_add(length);
        let found = end.and_then(|end| self.untrusted_bytes.get(at..end));
        found.ok_or_else(|| self.site.fault(Fault::Short))
    }

    /// All from an offset on.
    pub(crate) fn rest(&self, at: usize) -> Result<&'a [u8], Error> {
        let found = self.untrusted_bytes.get(at..);
        found.ok_or_else(|| self.site.fault(Fault::Short))
    }

    pub(crate) fn u8(&self, at: usize) -> Result<u8, Error> {
        self.bytes::<1>(at).map(|[byte]| byte)
    }

    pub(crate) fn u16(&self, at: usize) -> Result<u16, Error> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&self, at: usize) -> Result<u32, Error> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&self, at: usize) -> Result<u64, Error> {
        self.bytes(at).map(u64::from_le_bytes)
    }

    /// Joins a low half with a high half that lies elsewhere.
    pub(crate) fn u32_halves(&self, low_at: usize, high_at: usize) -> Result<u32, Error> {
        Ok(u32::from(self.u16(low_at)?) | u32::from(self.u16(high_at)?) << 16)
    }

    /// Joins a low half with a high half that lies elsewhere.
    pub(crate) fn u64_halves(&self, low_at: usize, high_at: usize) -> Result<u64, Error> {
        Ok(u64::from(self.u32(low_at)?) | u64::from(self.u32(high_at)?) << 32)
    }
}

/// A length or index in memory. One that does not fit becomes the largest, which no slice reaches.
pub(crate) fn to_usize(number: impl TryInto<usize>) -> usize {
    number.try_into().unwrap_or(usize::MAX)
}

/// A length in memory as a number of bytes on the volume.
pub(crate) fn to_u64(length: usize) -> u64 {
    length.try_into().unwrap_or(u64::MAX)
}
