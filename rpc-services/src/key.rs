//! Keys and what is made of them: never bare arrays, never printed, wiped when dropped.

use crate::limit::{MAX_KIT_BYTES, MAX_PASSPHRASE_BYTES, MAX_SEALED_BYTES};
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use zeroize::Zeroizing;

/// A value that breaks the rule of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAKey;

impl fmt::Display for NotAKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not a key of this kind")
    }
}

impl std::error::Error for NotAKey {}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Serialize, Deserialize)]
        pub struct $name(Zeroizing<[u8; 32]>);

        impl $name {
            /// The key with these bytes.
            pub fn new(bytes: [u8; 32]) -> Self {
                Self(Zeroizing::new(bytes))
            }

            /// The bytes of the key.
            pub fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(concat!(stringify!($name), "(secret)"))
            }
        }
    };
}

secret!(
    /// From which dom0 derives everything symmetric.
    Dom0Secret
);
secret!(
    /// Keys the ids of a qube's chunks.
    ChunkKey
);
secret!(
    /// Decides where a qube's large files are cut.
    CutKey
);
secret!(
    /// The seed of a qube's index identity.
    IndexSeed
);
secret!(
    /// Seals the list of packs of one session to dom0.
    PacksKey
);
secret!(
    /// Randomness of dom0, mixed into every key that a helper makes.
    Entropy
);

macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $inner:ty = $inner_name:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Deserialize)]
        #[serde(try_from = $inner_name)]
        pub struct $name(Zeroizing<$inner>);

            impl $name {
                /// Checks a value.
                ///
                /// # Errors
                /// [`NotAKey`] when it breaks the rule of the type.
                pub fn new(untrusted: $inner) -> Result<Self, NotAKey> {
                    let untrusted = Zeroizing::new(untrusted);
                    let check: fn(&$inner) -> bool = $check;
                    if check(&untrusted) { Ok(Self(untrusted)) } else { Err(NotAKey) }
                }

                /// The value itself.
                pub fn expose(&self) -> &$inner {
                    &self.0
                }
            }

            impl TryFrom<$inner> for $name {
                type Error = NotAKey;

                fn try_from(untrusted: $inner) -> Result<Self, NotAKey> {
                    Self::new(untrusted)
                }
            }

            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                    self.expose().serialize(to)
                }
            }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(stringify!($name))
            }
        }
    };
}

bounded!(
    /// An age X25519 recipient, `age1…`: who may seal. Not a secret.
    Recipient,
    String = "String",
    |text| text.len() == 62 && text.starts_with("age1") && is_lower_alphanumeric(text)
);
bounded!(
    /// An age X25519 identity, `AGE-SECRET-KEY-1…`: who may open.
    Identity,
    String = "String",
    |text| text.len() == 74
        && text.strip_prefix("AGE-SECRET-KEY-1").is_some_and(
            |rest| rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        )
);
bounded!(
    /// What the user types. Not empty, one line, at most 1,024 bytes.
    Passphrase,
    String = "String",
    |text| !text.is_empty()
        && text.len() <= MAX_PASSPHRASE_BYTES
        && !text.contains(['\n', '\r', '\0'])
);
bounded!(
    /// The recovery kit: master identity and dom0 secret under the passphrase.
    Kit,
    Vec<u8> = "Vec<u8>",
    |bytes| !bytes.is_empty() && bytes.len() <= MAX_KIT_BYTES
);
bounded!(
    /// A qube's data identity, id and chunk key, sealed to the master recipient.
    SealedIdentity,
    Vec<u8> = "Vec<u8>",
    |bytes| !bytes.is_empty() && bytes.len() <= MAX_SEALED_BYTES
);

fn is_lower_alphanumeric(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_recipients_are_refused() {
        let good = format!("age1{}", "q".repeat(58));
        assert!(Recipient::new(good.clone()).is_ok());
        for text in [
            good.to_uppercase(),
            good.replace('q', "\n"),
            good.replacen("age1", "age1yubikey1", 1),
            String::new(),
        ] {
            assert_eq!(Recipient::new(text), Err(NotAKey));
        }
    }

    #[test]
    fn a_passphrase_is_one_line() {
        assert!(Passphrase::new("correct horse é".to_owned()).is_ok());
        for text in ["", "a\nb", "a\0b"] {
            assert_eq!(Passphrase::new(text.to_owned()), Err(NotAKey));
        }
        assert_eq!(Passphrase::new("a".repeat(1025)), Err(NotAKey));
    }

    #[test]
    fn no_secret_prints_itself() {
        assert_eq!(format!("{:?}", ChunkKey::new([7; 32])), "ChunkKey(secret)");
        let passphrase = Passphrase::new("hunter2".to_owned()).unwrap();
        assert_eq!(format!("{passphrase:?}"), "Passphrase");
    }
}
