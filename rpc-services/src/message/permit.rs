//! `qib.Permit`: dom0 lets one helper work under one prefix, for as long as the call lives.

use crate::id::{Prefix, SessionId};
use crate::limit::MAX_INDEX_OBJECTS;
use crate::name::QubeName;
use crate::object::ObjectName;
use serde::{Deserialize, Serialize};

/// dom0 → storage, first: what to permit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitRequest {
    /// The argument with which the helper will call.
    pub session: SessionId,
    /// The only qube that may use the permit.
    pub helper: QubeName,
    /// Where its objects lie.
    pub prefix: Prefix,
    /// What it may do there.
    pub verbs: Verbs,
    /// How much of it.
    pub quota: Quota,
}

/// What a helper may do under its prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verbs {
    /// Put what a backup makes; get only these objects.
    Backup(Readable),
    /// Get any object; put none.
    Restore,
}

/// The objects that a backup may get: its own index objects.
/// **Invariant:** at most [`MAX_INDEX_OBJECTS`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ObjectName>", into = "Vec<ObjectName>")]
pub struct Readable(Vec<ObjectName>);

impl Readable {
    /// The objects.
    pub fn names(&self) -> &[ObjectName] {
        &self.0
    }
}

impl TryFrom<Vec<ObjectName>> for Readable {
    type Error = &'static str;

    fn try_from(untrusted_names: Vec<ObjectName>) -> Result<Self, Self::Error> {
        if untrusted_names.len() > MAX_INDEX_OBJECTS {
            return Err("too many objects to read");
        }
        Ok(Self(untrusted_names))
    }
}

impl From<Readable> for Vec<ObjectName> {
    fn from(readable: Readable) -> Self {
        readable.0
    }
}

/// How much a session may put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Bytes of stored objects.
    pub bytes: u64,
    /// Number of stored objects.
    pub objects: u64,
}

/// storage → dom0: the permit lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitGranted {}

/// dom0 → storage: end the permit and say what the session put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitClose {}

/// storage → dom0, last: what the session put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Took {
    /// Bytes of the objects acknowledged in this session.
    pub bytes: u64,
    /// Number of them.
    pub objects: u64,
    /// Calls that the helper made in this session.
    pub calls: u64,
}
