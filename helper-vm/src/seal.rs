//! Sealing: an age file around zstd frames, padded, and back.

use crate::format_error::{FormatError, Result};
use crate::number::wide;
use crate::padding;
use age::x25519;
use qib_rpc::key::{Identity, IndexSeed, Recipient};
use qib_rpc::object::{Kind, ObjectName};
use std::io::{self, BufRead, BufReader, Read, Write};

/// The largest window that a reader grants a zstd frame: 8 MiB.
pub const MAX_WINDOW_LOG: u32 = 23;

/// An object as it is stored.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Its name.
    pub name: ObjectName,
    /// The stored bytes.
    pub bytes: Vec<u8>,
}

/// Whom an object is sealed to.
#[derive(Clone, Debug)]
pub struct SealTo(x25519::Recipient);

impl SealTo {
    /// Reads a recipient; `None` when its checksum is wrong.
    pub fn recipient(recipient: &Recipient) -> Option<Self> {
        recipient.expose().parse().ok().map(Self)
    }

    /// The recipient of an identity.
    pub fn identity(identity: &OpenWith) -> Self {
        Self(identity.0.to_public())
    }
}

/// What opens an object.
#[derive(Clone)]
pub struct OpenWith(x25519::Identity);

impl OpenWith {
    /// Reads an identity; `None` when its checksum is wrong.
    pub fn identity(identity: &Identity) -> Option<Self> {
        identity.expose().parse().ok().map(Self)
    }

    /// The index identity of a qube: its seed is the X25519 secret.
    pub fn seed(seed: &IndexSeed) -> Option<Self> {
        let prefix = bech32::Hrp::parse("AGE-SECRET-KEY-").ok()?;
        let text = bech32::encode_upper::<bech32::Bech32>(prefix, seed.expose()).ok()?;
        let text = zeroize::Zeroizing::new(text);
        text.parse().ok().map(Self)
    }
}

impl std::fmt::Debug for OpenWith {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("OpenWith(secret)")
    }
}

/// An object that is being sealed. What is written must be whole zstd frames.
pub struct Sealing {
    output: age::stream::StreamWriter<Vec<u8>>,
    plain_bytes: u64,
}

impl Sealing {
    /// Begins an object, in empty memory that may have served another.
    ///
    /// # Errors
    /// When the recipient can not be sealed to.
    pub fn new(to: &SealTo, memory: Vec<u8>) -> io::Result<Self> {
        let to: &dyn age::Recipient = &to.0;
        let sealing = age::Encryptor::with_recipients(std::iter::once(to));
        let output = sealing.map_err(io::Error::other)?.wrap_output(memory)?;
        Ok(Self {
            output,
            plain_bytes: 0,
        })
    }

    /// Bytes written so far.
    pub fn plain_bytes(&self) -> u64 {
        self.plain_bytes
    }

    /// Pads and ends the object, whose last frame began at `last_frame_at`.
    ///
    /// # Errors
    /// When the randomness or memory of the helper fails.
    pub fn finish(mut self, kind: Kind, last_frame_at: u64) -> io::Result<Sealed> {
        let padding = padding::frame(self.plain_bytes, last_frame_at);
        self.output.write_all(&padding)?;
        let bytes = self.output.finish()?;
        Ok(Sealed {
            name: ObjectName::of(kind, &bytes),
            bytes,
        })
    }
}

impl Write for Sealing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.plain_bytes = self.plain_bytes.saturating_add(wide(written));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Seals one tar stream as a single frame.
///
/// # Errors
/// As [`Sealing::finish`].
pub fn seal(to: &SealTo, kind: Kind, tar: &[u8]) -> io::Result<Sealed> {
    let mut sealing = Sealing::new(to, Vec::new())?;
    sealing.write_all(&zstd::bulk::compress(tar, crate::pack::LEVEL)?)?;
    sealing.finish(kind, 0)
}

/// The tar stream in a sealed object, decompressed as it is read.
///
/// # Errors
/// [`FormatError::Damaged`] when it is no age file or not for this identity.
pub fn open<'a>(untrusted_sealed: &'a [u8], with: &OpenWith) -> Result<impl Read + use<'a>> {
    decompress(BufReader::with_capacity(
        1 << 17,
        open_age(untrusted_sealed, with)?,
    ))
}

/// What zstd frames hold, decompressed as it is read.
///
/// # Errors
/// [`FormatError::Damaged`] when there is no memory.
pub fn decompress<R: BufRead>(untrusted_frames: R) -> Result<impl Read + use<R>> {
    let no_zstd = |_| FormatError::Damaged("not zstd");
    let mut decoder = zstd::Decoder::with_buffer(untrusted_frames).map_err(no_zstd)?;
    decoder.window_log_max(MAX_WINDOW_LOG).map_err(no_zstd)?;
    Ok(decoder)
}

/// The zstd frames in a sealed object.
///
/// # Errors
/// As [`open`].
pub fn open_age<'a>(untrusted_sealed: &'a [u8], with: &OpenWith) -> Result<impl Read + use<'a>> {
    open_stream(untrusted_sealed, with)
}

/// The same of an object that may be read in parts: what is read was authenticated.
///
/// # Errors
/// As [`open`].
pub fn open_stream<R: BufRead>(
    untrusted_sealed: R,
    with: &OpenWith,
) -> Result<age::stream::StreamReader<R>> {
    let no_age = |_| FormatError::Damaged("not an age file for this identity");
    let with: &dyn age::Identity = &with.0;
    age::Decryptor::new_buffered(untrusted_sealed)
        .map_err(no_age)?
        .decrypt(std::iter::once(with))
        .map_err(no_age)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> (OpenWith, Sealed) {
        let with = OpenWith::seed(&IndexSeed::new([9; 32])).unwrap();
        let sealed = seal(&SealTo::identity(&with), Kind::Index, &[7; 300_000]).unwrap();
        (with, sealed)
    }

    fn read(bytes: &[u8], with: &OpenWith) -> Option<Vec<u8>> {
        let mut plain = Vec::new();
        open(bytes, with).ok()?.read_to_end(&mut plain).ok()?;
        Some(plain)
    }

    #[test]
    fn what_is_sealed_opens() {
        let (with, sealed) = sealed();
        assert_eq!(sealed.name, ObjectName::of(Kind::Index, &sealed.bytes));
        assert_eq!(read(&sealed.bytes, &with), Some(vec![7; 300_000]));
    }

    #[test]
    fn every_truncation_and_flip_is_seen() {
        let (with, sealed) = sealed();
        for length in 0..sealed.bytes.len() {
            assert_eq!(read(&sealed.bytes[..length], &with), None, "{length}");
        }
        for place in (0..sealed.bytes.len()).step_by(7) {
            let mut bytes = sealed.bytes.clone();
            bytes[place] ^= 1;
            assert_eq!(read(&bytes, &with), None, "{place}");
        }
    }

    #[test]
    fn another_identity_does_not_open() {
        let (_, sealed) = sealed();
        let other = OpenWith::seed(&IndexSeed::new([8; 32])).unwrap();
        assert_eq!(read(&sealed.bytes, &other), None);
    }
}
