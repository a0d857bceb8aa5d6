//! `qib.Put` and `qib.Get`: a helper moves objects over one connection.
//!
//! Requests may be sent without waiting; they are answered in their order.

use crate::limit::MAX_RANGE_BYTES;
use crate::object::ObjectName;
use serde::{Deserialize, Serialize};

/// helper → storage: send me this object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetObject {
    /// Which.
    pub name: ObjectName,
}

/// helper → storage: send me a part of this object, which only a restore may ask. The
/// answer holds fewer bytes where the object ends before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetRange {
    /// Which.
    pub name: ObjectName,
    /// Where the part begins, in bytes.
    pub offset: u64,
    /// How long it is at most.
    pub bytes: RangeBytes,
}

/// Length of a part of an object. **Invariant:** 1 to [`MAX_RANGE_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct RangeBytes(u32);

impl TryFrom<u32> for RangeBytes {
    type Error = &'static str;

    fn try_from(untrusted_bytes: u32) -> Result<Self, Self::Error> {
        if (1..=MAX_RANGE_BYTES).contains(&untrusted_bytes) {
            Ok(Self(untrusted_bytes))
        } else {
            Err("a range of no or of too many bytes")
        }
    }
}

impl From<RangeBytes> for u32 {
    fn from(bytes: RangeBytes) -> Self {
        bytes.0
    }
}

/// storage → helper or dom0: here it is, in data frames that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Sum of the data frames, in bytes.
    pub bytes: u64,
}

/// helper → storage: keep this object, in data frames that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutObject {
    /// Which.
    pub name: ObjectName,
    /// Sum of the data frames, in bytes.
    pub bytes: u64,
}

/// storage → helper or dom0: the object is durable and has the digest of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Which.
    pub name: ObjectName,
}

/// helper → storage: nothing follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {}

/// storage → helper, last: every request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {}
