//! Ids: fixed-size values, none assignable to another, all written as hex.

use crate::hex;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// Length of the id in bytes.
            pub const BYTES: usize = $bytes;

            /// The id with these bytes.
            pub const fn new(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The bytes of the id.
            pub const fn bytes(&self) -> &[u8; $bytes] {
                &self.0
            }

            /// Reads the text form: lower-case hexadecimal of full length.
            pub fn parse(untrusted_text: &str) -> Option<Self> {
                hex::decode(untrusted_text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&hex::encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}({self})", stringify!($name))
            }
        }
    };
}

id!(
    /// One run for one volume. Random; the argument of `qib.Put` and `qib.Get`.
    SessionId, 16
);
id!(
    /// A qube as qib knows it: random, never derived from its name.
    QubeId, 16
);
id!(
    /// Where a qube's objects lie at storage: random, unrelated to its [`QubeId`].
    Prefix, 16
);
id!(
    /// SHA-256 of the stored bytes of an object.
    Digest, 32
);
