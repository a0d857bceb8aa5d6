//! In how many pieces an object is sent, and what it takes of memory until then.

use super::Remote;
use crate::config::Way;

/// The largest object that is sent in one request where there could be several: any pack.
const ONE_BYTES: usize = 24 << 20;

/// The parts in which a larger one is sent.
const PART_BYTES: usize = 8 << 20;

/// How an object is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// All of it, as the place takes nothing else.
    Whole,
    /// A request for each part of so many bytes.
    Parts(usize),
    /// As it is read.
    Stream,
}

impl Manner {
    /// The best for an object of so many bytes.
    pub fn of(remote: &Remote, bytes: u64) -> Self {
        let is_one = usize::try_from(bytes).is_ok_and(|bytes| bytes <= ONE_BYTES);
        match (remote.store.info().capability().write_can_multi, remote.way) {
            (false, _) => Self::Whole,
            (true, Way::Rename) => Self::Stream,
            (true, Way::Put) => Self::Parts(if is_one { ONE_BYTES } else { PART_BYTES }),
        }
    }

    /// Bytes of a part.
    pub fn part(self) -> Option<usize> {
        match self {
            Self::Parts(bytes) => Some(bytes),
            Self::Whole | Self::Stream => None,
        }
    }

    /// Bytes of memory that an object of so many takes.
    pub fn memory(self, bytes: u64) -> u64 {
        match self {
            Self::Whole => bytes,
            // OpenDAL keeps one part back until it knows whether there is another.
            Self::Parts(part) => bytes.min(u64::try_from(2 * part).unwrap_or(u64::MAX)),
            Self::Stream => 0,
        }
    }
}
