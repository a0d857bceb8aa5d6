//! When what is stored of a qube was proved, how, and what was found lost.

use qib_rpc::id::QubeId;
use qib_rpc::object::ObjectName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was looked at, and what of it was whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRecord {
    /// Whose.
    pub qube: QubeId,
    /// The newest snapshot among what was looked at.
    pub sequence: u64,
    /// When it began, by dom0's clock, in seconds since 1970.
    pub time: i64,
    /// How it was looked at.
    pub proof: Proof,
    /// Objects looked at.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of them are lost.
    pub lost: u64,
}

/// How something stored was looked at. Only appended to, never reordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Proof {
    /// Some of its objects have the digests of their names.
    Sample,
    /// All of its objects have.
    Digests,
    /// It was opened, and everything compared.
    Opened,
    /// It was restored to a volume and read back from there.
    Drilled,
}

impl Proof {
    /// How it was proved, in words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Sample => "a sample of its digests",
            Self::Digests => "all digests",
            Self::Opened => "opened and compared",
            Self::Drilled => "restored and read back",
        }
    }

    /// The same, as programs are told.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::Digests => "digests",
            Self::Opened => "opened",
            Self::Drilled => "drilled",
        }
    }
}

/// The last proofs of a qube.
#[derive(Clone, Debug, Default)]
pub struct Proofs {
    /// Of each kind, the last of the newest snapshot that found nothing lost.
    good: BTreeMap<Proof, ProofRecord>,
    /// When the sealed identity was last opened and compared, in seconds since 1970.
    pub identity: Option<i64>,
    /// Every object that was ever found lost.
    pub(super) lost: BTreeSet<ObjectName>,
}

impl Proofs {
    /// Notes a look.
    pub(super) fn note(&mut self, proof: &ProofRecord) {
        let known = self.good.get(&proof.proof);
        let is_newer = known.is_none_or(|known| known.sequence <= proof.sequence);
        if proof.lost == 0 && is_newer {
            self.good.insert(proof.proof, *proof);
        }
    }

    /// The last look of this kind, at the newest snapshot so proved, that found nothing lost.
    pub fn good(&self, proof: Proof) -> Option<&ProofRecord> {
        self.good.get(&proof)
    }

    /// Every object that was ever found lost, whether a kept snapshot needs it or not.
    pub fn lost(&self) -> impl Iterator<Item = &ObjectName> {
        self.lost.iter()
    }
}
