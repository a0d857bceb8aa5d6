//! Objects: what storage keeps. Immutable, named by kind and digest.

use crate::id::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// What an object holds. Storage knows no more of an object than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Chunks, sealed to the qube's data recipient.
    Pack,
    /// Where chunks lie and what files had; sealed to the index recipient.
    Index,
    /// One finished backup, sealed to the data recipient.
    Snapshot,
    /// Packs added, dropped and changed by a session, sealed to dom0.
    Packs,
    /// A qube's data identity, sealed to the master recipient.
    Key,
    /// The recovery kit, under the user's passphrase.
    Kit,
    /// One record of dom0's ledger, sealed to dom0.
    Ledger,
    /// How a qube is set up, sealed to dom0.
    Settings,
    /// Files of dom0 itself, sealed to dom0.
    Dom0,
}

impl Kind {
    /// Every kind, in the order of its encoding.
    pub const ALL: [Self; 9] = [
        Self::Pack,
        Self::Index,
        Self::Snapshot,
        Self::Packs,
        Self::Key,
        Self::Kit,
        Self::Ledger,
        Self::Settings,
        Self::Dom0,
    ];

    /// The word before the dash of an object's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::Index => "index",
            Self::Snapshot => "snapshot",
            Self::Packs => "packs",
            Self::Key => "key",
            Self::Kit => "kit",
            Self::Ledger => "ledger",
            Self::Settings => "settings",
            Self::Dom0 => "dom0",
        }
    }

    /// True for the kinds that a backup helper may put.
    pub const fn is_made_by_backup(self) -> bool {
        matches!(
            self,
            Self::Pack | Self::Index | Self::Snapshot | Self::Packs
        )
    }

    /// The largest object of this kind that storage takes, in bytes.
    pub const fn max_bytes(self) -> u64 {
        match self {
            Self::Pack => 64 << 20,
            Self::Index | Self::Packs => 4 << 30,
            Self::Snapshot => 256 << 20,
            Self::Key | Self::Kit => 16 << 10,
            Self::Ledger => 64 << 20,
            Self::Settings => 4 << 20,
            Self::Dom0 => 16 << 20,
        }
    }
}

/// The name of an object: `KIND-DIGEST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectName {
    /// What the object holds.
    pub kind: Kind,
    /// SHA-256 of its stored bytes.
    pub digest: Digest,
}

impl ObjectName {
    /// The name of an object of `kind` with these stored bytes.
    pub fn of(kind: Kind, stored: &[u8]) -> Self {
        Self {
            kind,
            digest: digest(stored),
        }
    }

    /// Reads `KIND-DIGEST`.
    pub fn parse(untrusted_text: &str) -> Option<Self> {
        let (untrusted_word, untrusted_digest) = untrusted_text.split_once('-')?;
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| kind.word() == untrusted_word)?;
        Some(Self {
            kind,
            digest: Digest::parse(untrusted_digest)?,
        })
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.kind.word(), self.digest)
    }
}

/// SHA-256 of `stored`.
pub fn digest(stored: &[u8]) -> Digest {
    Digest::new(Sha256::digest(stored).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_reads_back(kind in 0..Kind::ALL.len(), digest: [u8; 32]) {
            let name = ObjectName { kind: Kind::ALL[kind], digest: Digest::new(digest) };
            prop_assert_eq!(ObjectName::parse(&name.to_string()), Some(name));
        }

        #[test]
        fn what_reads_is_the_only_form(text in "[a-z]{0,9}-?[0-9a-f]{62,66}") {
            if let Some(name) = ObjectName::parse(&text) {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }

    #[test]
    fn hostile_names_are_refused() {
        let digest = "0".repeat(64);
        for word in ["", "Pack", "pack ", "../pack", "pack/", "packe", "journal"] {
            assert_eq!(
                ObjectName::parse(&format!("{word}-{digest}")),
                None,
                "{word}"
            );
        }
        for tail in [
            "",
            "-",
            "-0",
            &format!("-{digest}0"),
            &format!("-{}", digest.replace('0', "/")),
        ] {
            assert_eq!(ObjectName::parse(&format!("pack{tail}")), None, "{tail}");
        }
    }
}
