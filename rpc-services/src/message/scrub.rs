//! `qib.Scrub`: storage reads its objects again and compares them with their names.

use crate::id::Prefix;
use crate::message::forget::ObjectNames;
use serde::{Deserialize, Serialize};

/// dom0 → storage: read every object of this prefix whose digest begins with this byte. Answer:
/// `Scrubbed`, one or more times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrubObjects {
    /// Where.
    pub prefix: Prefix,
    /// Which of the 256 parts.
    pub part: u8,
}

/// storage → dom0: so far, since the last one. Advisory: dom0 did not see a byte of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scrubbed {
    /// Objects that were read.
    pub objects: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Those among them that are not what their names say, or can not be read.
    pub damaged: ObjectNames,
    /// True when there is no more.
    pub is_last: bool,
}
