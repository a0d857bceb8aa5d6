//! Packs that are lost at storage.

use crate::id::Digest;
use crate::limit::MAX_OBJECTS_IN_MESSAGE;
use serde::{Deserialize, Serialize};

/// Packs that are lost. **Invariant:** at most [`MAX_OBJECTS_IN_MESSAGE`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Digest>", into = "Vec<Digest>")]
pub struct LostPacks(Vec<Digest>);

impl LostPacks {
    /// Which.
    pub fn items(&self) -> &[Digest] {
        &self.0
    }
}

impl TryFrom<Vec<Digest>> for LostPacks {
    type Error = &'static str;

    fn try_from(untrusted_packs: Vec<Digest>) -> Result<Self, Self::Error> {
        if untrusted_packs.len() > MAX_OBJECTS_IN_MESSAGE {
            return Err("too many lost packs");
        }
        Ok(Self(untrusted_packs))
    }
}

impl From<LostPacks> for Vec<Digest> {
    fn from(lost: LostPacks) -> Self {
        lost.0
    }
}
