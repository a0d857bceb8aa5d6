//! `qib.Verify`: a helper proves what is stored, and changes nothing.

use super::backup::IndexObjects;
use super::lost::LostPacks;
use super::restore::RestoreJob;
use crate::count::Counts;
use crate::id::{Digest, SessionId};
use crate::key::IndexSeed;
use crate::limit::MAX_OBJECTS_IN_MESSAGE;
use crate::name::QubeName;
use crate::object::ObjectName;
use serde::{Deserialize, Serialize};

/// dom0 → helper, first: prove objects by their digests. No key goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyJob {
    /// The argument with which to call `qib.Get`.
    pub session: SessionId,
    /// Whom to call.
    pub storage: QubeName,
}

/// dom0 → helper, any number of times: objects to prove. Each is answered by
/// [`VerifiedObjects`] before the next is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyObjects {
    /// The objects.
    pub objects: ObjectNames,
}

/// Objects to prove. **Invariant:** 1 to [`MAX_OBJECTS_IN_MESSAGE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ObjectName>", into = "Vec<ObjectName>")]
pub struct ObjectNames(Vec<ObjectName>);

/// helper → dom0: what became of the objects of one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedObjects {
    /// A verdict for each, in their order.
    pub verdicts: Verdicts,
    /// Bytes of those that are whole.
    pub bytes: u64,
}

/// Verdicts in the order of objects. **Invariant:** 1 to [`MAX_OBJECTS_IN_MESSAGE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Verdict>", into = "Vec<Verdict>")]
pub struct Verdicts(Vec<Verdict>);

/// What became of an object. Only appended to, never reordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Verdict {
    /// Its bytes have the digest of its name.
    Whole,
    /// It is not there.
    Missing,
    /// Other bytes are there.
    Damaged,
    /// The place failed to read it: nothing is known.
    Unread,
}

/// dom0 → helper: open a snapshot and everything that it needs, and compare. The answer is
/// progress, then [`VerifiedSnapshot`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerifySnapshotJob {
    /// What a restore would be told.
    pub job: RestoreJob,
    /// Size of the volume that it is of, in bytes: what it holds is bounded by that.
    pub volume_bytes: u64,
}

/// helper → dom0, last: a restore would bring all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedSnapshot {
    /// What the snapshot holds, and what was read.
    pub counts: Counts,
    /// The packs that it says it needs, by [`digest_of_packs`].
    pub packs: Digest,
}

impl Verdict {
    const ALL: [Self; 4] = [Self::Whole, Self::Missing, Self::Damaged, Self::Unread];
}

impl TryFrom<u8> for Verdict {
    type Error = &'static str;

    fn try_from(untrusted_number: u8) -> Result<Self, Self::Error> {
        let verdict = Self::ALL.get(usize::from(untrusted_number));
        verdict.copied().ok_or("a verdict that does not exist")
    }
}

impl From<Verdict> for u8 {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Whole => 0,
            Verdict::Missing => 1,
            Verdict::Damaged => 2,
            Verdict::Unread => 3,
        }
    }
}

/// dom0 → helper: count what of a snapshot can not be restored without these packs. Answered with
/// progress, then [`Affected`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AffectedJob {
    /// What a restore would be told.
    pub job: RestoreJob,
    /// The seed of the identity that index objects are sealed to.
    pub index_seed: IndexSeed,
    /// The index objects that say where the snapshot's chunks lie.
    pub index: IndexObjects,
    /// What is lost.
    pub lost: LostPacks,
}

/// helper → dom0, last: what can not be restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Affected {
    /// Files of which something is lost.
    pub files: u64,
    /// Their lengths, as far as they are known.
    pub file_bytes: u64,
    /// Folders of which it is lost what lies in them; that is counted nowhere else.
    pub folders: u64,
}

/// dom0 → helper: compare two snapshots of one qube. Answered with `Compared`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CompareJob {
    /// The newer one.
    pub newer: RestoreJob,
    /// The number that the older one must have.
    pub sequence: u64,
    /// The object of the older one.
    pub snapshot: Digest,
    /// The seed of the identity that index objects are sealed to.
    pub index_seed: IndexSeed,
    /// The index objects that say where the newer one's chunks lie.
    pub newer_index: IndexObjects,
    /// The same of the older one.
    pub older_index: IndexObjects,
}

/// helper → dom0, last: in what the newer snapshot differs from the older one. No names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// What only the newer one has.
    pub added: Entries,
    /// What only the older one has.
    pub removed: Entries,
    /// What both have with other content; as large as in the newer one.
    pub changed: Entries,
    /// What is no folder and has the same content with another owner, mode, time or attribute.
    pub touched: u64,
}

/// Entries by their kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entries {
    /// Files.
    pub files: u64,
    /// Their lengths.
    pub file_bytes: u64,
    /// Folders.
    pub folders: u64,
    /// Links, devices and pipes.
    pub others: u64,
}

macro_rules! some {
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
                if (1..=MAX_OBJECTS_IN_MESSAGE).contains(&untrusted_items.len()) {
                    Ok(Self(untrusted_items))
                } else {
                    Err("no items, or too many")
                }
            }
        }

        impl From<$name> for Vec<$item> {
            fn from(list: $name) -> Self {
                list.0
            }
        }
    };
}

some!(ObjectNames, ObjectName);
some!(Verdicts, Verdict);

/// One digest for a set of packs, in whatever order they come: SHA-256 of their digests, sorted.
pub fn digest_of_packs(packs: impl IntoIterator<Item = Digest>) -> Digest {
    let mut sorted: Vec<Digest> = packs.into_iter().collect();
    sorted.sort_unstable();
    let bytes: Vec<u8> = sorted
        .iter()
        .flat_map(|pack| pack.bytes())
        .copied()
        .collect();
    crate::object::digest(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_packs_has_one_digest() {
        let (one, two) = (Digest::new([1; 32]), Digest::new([2; 32]));
        assert_eq!(digest_of_packs([one, two]), digest_of_packs([two, one]));
        assert_ne!(digest_of_packs([one]), digest_of_packs([one, two]));
    }

    #[test]
    fn verdicts_have_their_numbers() {
        for (number, verdict) in (0u8..).zip(Verdict::ALL) {
            assert_eq!(u8::from(verdict), number);
            assert_eq!(Verdict::try_from(number), Ok(verdict));
        }
        assert!(Verdict::try_from(4).is_err());
    }
}
