//! `qib.Records`: dom0 keeps its own objects at storage and reads them back.

use crate::id::Prefix;
use crate::object::{Kind, ObjectName};
use serde::{Deserialize, Serialize};

/// Where an object of dom0's lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    /// The fixed root prefix: kit and ledger.
    Root,
    /// A qube's prefix.
    Qube(Prefix),
}

/// dom0 → storage: keep this object, in data frames that follow. Answer: `Stored`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutRecord {
    /// Where.
    pub place: Place,
    /// Which.
    pub name: ObjectName,
    /// Sum of the data frames, in bytes.
    pub bytes: u64,
}

/// dom0 → storage: send me this object. Answer: `Object` and data frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetRecord {
    /// Where.
    pub place: Place,
    /// Which.
    pub name: ObjectName,
}

/// dom0 → storage: which object of this kind came last? Only a hint: whoever
/// asks authenticates the object itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindNewest {
    /// Where.
    pub place: Place,
    /// Of which kind.
    pub kind: Kind,
}

/// storage → dom0: this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newest {
    /// None when there is no such object.
    pub name: Option<ObjectName>,
}
