//! The one place that names the serialisation of message bodies.
//!
//! bincode with fixed-width little-endian integers, read from a slice that the
//! frame has already bounded, with no bytes left over. Its own defaults are
//! wrong for a boundary: trailing bytes accepted, no limit.

use crate::limit::MAX_MESSAGE_BYTES;
use bincode::Options;
use serde::{Serialize, de::DeserializeOwned};

/// A body that does not encode or decode as its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAMessage;

fn options() -> impl Options {
    bincode::DefaultOptions::new()
        .with_fixint_encoding()
        .with_little_endian()
        .with_limit(u64::try_from(MAX_MESSAGE_BYTES).unwrap_or(0))
        .reject_trailing_bytes()
}

/// Encodes one message.
///
/// # Errors
/// [`NotAMessage`] when it would be over [`MAX_MESSAGE_BYTES`].
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, NotAMessage> {
    options().serialize(message).map_err(|_| NotAMessage)
}

/// Decodes one message, which must fill `untrusted_body` exactly.
///
/// # Errors
/// [`NotAMessage`] on anything but exactly one valid message.
pub fn decode<T: DeserializeOwned>(untrusted_body: &[u8]) -> Result<T, NotAMessage> {
    options()
        .deserialize(untrusted_body)
        .map_err(|_| NotAMessage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_decodes_encodes_to_itself(body in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(value) = decode::<(u32, Vec<u16>, Option<u8>)>(&body) {
                prop_assert_eq!(encode(&value), Ok(body));
            }
        }
    }

    #[test]
    fn trailing_bytes_are_refused() {
        assert_eq!(decode::<u32>(&[1, 0, 0, 0, 0]), Err(NotAMessage));
        assert_eq!(decode::<u32>(&[1, 0, 0]), Err(NotAMessage));
    }

    #[test]
    fn a_length_that_lies_reserves_nothing() {
        assert_eq!(decode::<Vec<u64>>(&[0xff; 8]), Err(NotAMessage));
    }
}
