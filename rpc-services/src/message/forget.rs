//! `qib.Forget`: dom0 lists what lies under a prefix, and moves what it needs no longer to the
//! trash, back, or out of it.

use crate::id::Prefix;
use crate::limit::MAX_LISTED;
use crate::object::{Kind, ObjectName};
use serde::{Deserialize, Serialize};

/// dom0 → storage: which objects of this kind lie under the prefix? Answer: `Listed`, one or
/// more times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListObjects {
    /// Where.
    pub prefix: Prefix,
    /// Of which kind.
    pub kind: Kind,
}

/// dom0 → storage: what lies in the prefix's trash? Answer: `Listed`, one or more times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListTrash {
    /// Whose.
    pub prefix: Prefix,
}

/// storage → dom0: these. Only a hint: what dom0 needs it knows from its ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The objects.
    pub objects: ListedObjects,
    /// True when there are no more.
    pub is_last: bool,
}

/// An object that lies at storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedObject {
    /// Its name.
    pub name: ObjectName,
    /// Its size in bytes.
    pub bytes: u64,
}

/// dom0 → storage: move these to the trash. Answer: `Moved`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashObjects {
    /// Where they lie.
    pub prefix: Prefix,
    /// dom0's time, in seconds since 1970.
    pub now: u64,
    /// Which.
    pub names: ObjectNames,
}

/// dom0 → storage: move these back from the trash. Answer: `Moved`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelete {
    /// Where they lay.
    pub prefix: Prefix,
    /// Which.
    pub names: ObjectNames,
}

/// dom0 → storage: remove for ever what came to the trash so many days ago, by dom0's clock and
/// by storage's own. Answer: `Moved`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmptyTrash {
    /// Whose trash.
    pub prefix: Prefix,
    /// dom0's time, in seconds since 1970.
    pub now: u64,
    /// How many; storage's own rule may ask for more.
    pub days: u32,
}

/// storage → dom0: it is done, and durable. What was not there is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// How many objects it was.
    pub objects: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// Objects with their sizes. **Invariant:** at most [`MAX_LISTED`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ListedObject>", into = "Vec<ListedObject>")]
pub struct ListedObjects(Vec<ListedObject>);

/// Names of objects. **Invariant:** at most [`MAX_LISTED`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ObjectName>", into = "Vec<ObjectName>")]
pub struct ObjectNames(Vec<ObjectName>);

macro_rules! at_most {
    ($name:ident, $item:ty) => {
        impl $name {
            /// The items.
            pub fn items(&self) -> &[$item] {
                &self.0
            }
        }

        impl TryFrom<Vec<$item>> for $name {
            type Error = &'static str;

            fn try_from(untrusted_items: Vec<$item>) -> Result<Self, Self::Error> {
                if untrusted_items.len() > MAX_LISTED {
                    return Err("too many objects");
                }
                Ok(Self(untrusted_items))
            }
        }

        impl From<$name> for Vec<$item> {
            fn from(list: $name) -> Self {
                list.0
            }
        }
    };
}

at_most!(ListedObjects, ListedObject);
at_most!(ObjectNames, ObjectName);
