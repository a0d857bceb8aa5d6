//! `qib.KeyInit`, `qib.KeyQube`, `qib.KeyOpen`, `qib.KeyRecover`: the key helper's answers.

use crate::id::QubeId;
use crate::key::{
    ChunkKey, Dom0Secret, Entropy, Identity, Kit, Passphrase, Recipient, SealedIdentity,
};
use serde::{Deserialize, Serialize};

/// dom0 → helper: make the master identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyInitJob {
    /// Seals the kit.
    pub passphrase: Passphrase,
    /// Goes into the kit.
    pub secret: Dom0Secret,
    /// Mixed into the identity.
    pub entropy: Entropy,
}

/// helper → dom0: it is made, and the kit opened again as a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyInitDone {
    /// The master recipient.
    pub recipient: Recipient,
    /// The recovery kit.
    pub kit: Kit,
}

/// dom0 → helper: make a qube's data identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyQubeJob {
    /// Whom the identity is sealed to.
    pub master: Recipient,
    /// Whose it is.
    pub qube: QubeId,
    /// Sealed beside it.
    pub chunk_key: ChunkKey,
    /// Mixed into the identity.
    pub entropy: Entropy,
}

/// helper → dom0: it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyQubeDone {
    /// The data recipient.
    pub recipient: Recipient,
    /// Identity, qube id and chunk key, sealed to the master recipient.
    pub sealed: SealedIdentity,
}

/// dom0 → helper: open a qube's data identity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyOpenJob {
    /// What the user typed.
    pub passphrase: Passphrase,
    /// Holds the master identity.
    pub kit: Kit,
    /// Holds the data identity.
    pub sealed: SealedIdentity,
    /// Whose identity it must be.
    pub qube: QubeId,
}

/// helper → dom0: here it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyOpenDone {
    /// The data identity.
    pub identity: Identity,
    /// Its recipient, for dom0 to compare with its own record.
    pub recipient: Recipient,
}

/// dom0 → helper: open the recovery kit for a dom0 that has lost everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyRecoverJob {
    /// What the user typed.
    pub passphrase: Passphrase,
    /// What was kept.
    pub kit: Kit,
}

/// helper → dom0: what dom0 had of it. The master identity stays in the helper.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyRecoverDone {
    /// dom0's secret.
    pub secret: Dom0Secret,
    /// The master recipient, for dom0 to compare with its ledger.
    pub recipient: Recipient,
}
