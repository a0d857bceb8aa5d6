//! Frames: a fixed header written by hand, then a body of bounded length.
//!
//! | bytes | meaning |
//! |---|---|
//! | 0..4 | `q` `i` `b` and the protocol version, 1 |
//! | 4..6 | kind, little endian |
//! | 6..8 | zero |
//! | 8..12 | length of the body in bytes, little endian |

use crate::limit::{MAX_DATA_BYTES, MAX_MESSAGE_BYTES};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// Length of a header in bytes.
pub const HEADER_BYTES: usize = 12;

/// `qib` and the version of the protocol.
pub const MAGIC: [u8; 4] = *b"qib\x01";

/// The kind of frame that carries raw bytes of an object.
pub const DATA: u16 = 2;

/// A checked header. **Invariant:** `body_bytes` is within the limit of `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    kind: u16,
    body_bytes: usize,
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The first bytes are not qib's: another program talks, or a login script prints.
    NotQib,
    /// The peer speaks another version of the protocol.
    OtherVersion(u8),
    /// The header contradicts itself or a limit.
    BadHeader,
}

impl Header {
    /// A header for a body of `body_bytes`.
    ///
    /// # Errors
    /// [`FrameError::BadHeader`] when the body is over the limit of its kind.
    pub fn new(kind: u16, body_bytes: usize) -> Result<Self, FrameError> {
        let limit = if kind == DATA {
            MAX_DATA_BYTES
        } else {
            MAX_MESSAGE_BYTES
        };
        if body_bytes > limit {
            return Err(FrameError::BadHeader);
        }
        Ok(Self { kind, body_bytes })
    }

    /// Checks the bytes of a header.
    ///
    /// # Errors
    /// [`FrameError`] says what is wrong with them.
    pub fn decode(untrusted_bytes: [u8; HEADER_BYTES]) -> Result<Self, FrameError> {
        let [q, i, b, version, k0, k1, z0, z1, l0, l1, l2, l3] = untrusted_bytes;
        if [q, i, b] != *b"qib" {
            return Err(FrameError::NotQib);
        }
        if version != 1 {
            return Err(FrameError::OtherVersion(version));
        }
        if [z0, z1] != [0, 0] {
            return Err(FrameError::BadHeader);
        }
        let untrusted_length = u32::from_le_bytes([l0, l1, l2, l3]);
        let length = usize::try_from(untrusted_length).map_err(|_| FrameError::BadHeader)?;
        Self::new(u16::from_le_bytes([k0, k1]), length)
    }

    /// The bytes of the header.
    pub fn encode(self) -> [u8; HEADER_BYTES] {
        let [m0, m1, m2, m3] = MAGIC;
        let [k0, k1] = self.kind.to_le_bytes();
        let length = u32::try_from(self.body_bytes).unwrap_or(u32::MAX);
        let [l0, l1, l2, l3] = length.to_le_bytes();
        [m0, m1, m2, m3, k0, k1, 0, 0, l0, l1, l2, l3]
    }

    /// What the body is.
    pub fn kind(self) -> u16 {
        self.kind
    }

    /// Length of the body in bytes.
    pub fn body_bytes(self) -> usize {
        self.body_bytes
    }
}

/// Reads a header; `None` at a clean end of file.
///
/// # Errors
/// An I/O error, an end of file inside the header, or a [`FrameError`] as
/// [`io::ErrorKind::InvalidData`].
pub fn read_header(input: &mut impl Read) -> io::Result<Option<Header>> {
    let mut untrusted_bytes = [0; HEADER_BYTES];
    let Some((first, rest)) = untrusted_bytes.split_first_mut() else {
        return Ok(None);
    };
    loop {
        match input.read(std::slice::from_mut(first)) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    input.read_exact(rest)?;
    Header::decode(untrusted_bytes)
        .map(Some)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes one frame in a single piece if it is short.
///
/// # Errors
/// An I/O error; a body over the limit of its kind is [`io::ErrorKind::InvalidInput`].
pub fn write(output: &mut impl Write, kind: u16, body: &[u8]) -> io::Result<()> {
    let header = Header::new(kind, body.len())
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    if kind == DATA {
        output.write_all(&header.encode())?;
        return output.write_all(body);
    }
    // Some bodies hold keys.
    let mut whole = Zeroizing::new(Vec::with_capacity(HEADER_BYTES.saturating_add(body.len())));
    whole.extend_from_slice(&header.encode());
    whole.extend_from_slice(body);
    output.write_all(&whole)
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotQib => out.write_str("the answer does not begin as qib's do"),
            Self::OtherVersion(version) => write!(out, "protocol version {version}, not 1"),
            Self::BadHeader => out.write_str("a frame header that breaks the protocol"),
        }
    }
}

impl std::error::Error for FrameError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_header_that_decodes_encodes_to_itself(bytes: [u8; 8]) {
            let mut whole = [0; HEADER_BYTES];
            whole[..4].copy_from_slice(&MAGIC);
            whole[4..].copy_from_slice(&bytes);
            if let Ok(header) = Header::decode(whole) {
                prop_assert_eq!(header.encode(), whole);
            }
        }
    }

    #[test]
    fn hostile_headers_are_refused() {
        let good = Header::new(30, 5).unwrap().encode();
        let with = |at: usize, byte: u8| {
            let mut bytes = good;
            bytes[at] = byte;
            Header::decode(bytes)
        };
        assert_eq!(with(0, b'Q'), Err(FrameError::NotQib));
        assert_eq!(with(3, 2), Err(FrameError::OtherVersion(2)));
        assert_eq!(with(6, 1), Err(FrameError::BadHeader));
        assert_eq!(with(11, 1), Err(FrameError::BadHeader));
        assert_eq!(with(10, 2), Err(FrameError::BadHeader));
    }

    #[test]
    fn text_of_a_login_script_is_no_frame() {
        let error = read_header(&mut &b"Welcome to Debian\n"[..]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn an_end_inside_a_header_is_an_error_and_before_it_is_none() {
        let good = Header::new(30, 0).unwrap().encode();
        assert!(read_header(&mut &good[..5]).is_err());
        assert_eq!(read_header(&mut &good[..0]).unwrap(), None);
    }
}
