//! Fields of the journal, which has the highest byte first, unlike the rest of the format.

use crate::error::{Error, Site};
use crate::fields::Fields;

/// The bytes of one structure of the journal.
#[derive(Clone, Copy)]
pub(crate) struct JournalFields<'a>(Fields<'a>);

impl<'a> JournalFields<'a> {
    pub(crate) fn new(untrusted_bytes: &'a [u8], site: Site) -> Self {
        Self(Fields::new(untrusted_bytes, site))
    }

    pub(crate) fn bytes<const N: usize>(&self, at: usize) -> Result<[u8; N], Error> {
        self.0.bytes(at)
    }

    pub(crate) fn slice(&self, at: usize, length: usize) -> Result<&'a [u8], Error> {
        self.0.slice(at, length)
    }

    pub(crate) fn u8(&self, at: usize) -> Result<u8, Error> {
        self.0.u8(at)
    }

    pub(crate) fn u16(&self, at: usize) -> Result<u16, Error> {
        self.bytes(at).map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&self, at: usize) -> Result<u32, Error> {
        self.bytes(at).map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&self, at: usize) -> Result<u64, Error> {
        self.bytes(at).map(u64::from_be_bytes)
    }
}
