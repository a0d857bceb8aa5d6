//! `qib.Put` and `qib.Get`: a helper moves objects over one connection.
//!
//! Requests may be sent without waiting; they are answered in their order.

use crate::object::ObjectName;
use serde::{Deserialize, Serialize};

/// helper → storage: send me this object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetObject {
    /// Which.
    pub name: ObjectName,
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
