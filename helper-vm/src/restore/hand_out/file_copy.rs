//! What `qubes.Filecopy` takes: for each entry a header of 32 bytes, its path with a NUL, and its
//! data; at the end a header of zeros. Folders come twice, the second time with their metadata.
//! Integers are little endian. The taker answers with an errno and a CRC-32 of all that it read.

use crc32fast::Hasher;
use qib_rpc::fault::Code;
use std::io::{self, Read, Write};

/// The longest path that a taker reads, in bytes.
pub const MAX_PATH_BYTES: usize = 16_383;

const HEADER_BYTES: usize = 32;
const ANSWER_BYTES: usize = 16;

/// errno: no space, and no more of a quota.
const NO_SPACE: [u32; 2] = [28, 122];

/// What goes before the data of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Its path.
    pub path: Vec<u8>,
    /// Kind and permissions, as stat(2) has them.
    pub mode: u32,
    /// Length of its data.
    pub bytes: u64,
    /// When its content changed, in seconds since 1970.
    pub seconds: u32,
    /// And nanoseconds.
    pub nanoseconds: u32,
}

impl Header {
    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let path_bytes = u32::try_from(self.path.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let (seconds, nanoseconds) = (self.seconds.to_le_bytes(), self.nanoseconds.to_le_bytes());
        let fields: [&[u8]; 7] = [
            &path_bytes.to_le_bytes(),
            &self.mode.to_le_bytes(),
            &self.bytes.to_le_bytes(),
            // The last access and the last change.
            &seconds,
            &nanoseconds,
            &seconds,
            &nanoseconds,
        ];
        for (to, from) in bytes.iter_mut().zip(fields.into_iter().flatten()) {
            *to = *from;
        }
        bytes
    }
}

/// Writes entries.
pub struct Packer<W> {
    to: W,
    sum: Hasher,
}

impl<W: Write> Packer<W> {
    /// Writes into `to`.
    pub fn new(to: W) -> Self {
        let sum = Hasher::new();
        Self { to, sum }
    }

    /// The next entry, whose data follows.
    ///
    /// # Errors
    /// When nobody takes it.
    pub fn entry(&mut self, header: &Header) -> io::Result<()> {
        self.data(&header.encode())?;
        self.data(&header.path)?;
        self.data(&[0])
    }

    /// Data of the last entry.
    ///
    /// # Errors
    /// When nobody takes it.
    pub fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        self.to.write_all(bytes)
    }

    /// That was all; returns the checksum that the taker must answer.
    ///
    /// # Errors
    /// When nobody takes it.
    pub fn end(mut self) -> io::Result<u64> {
        self.data(&[0; HEADER_BYTES])?;
        self.to.flush()?;
        Ok(self.sum.finalize().into())
    }
}

/// The taker's answer: the checksum of what it took.
///
/// # Errors
/// Why it took not everything.
pub fn answer(from: &mut impl Read) -> Result<u64, Code> {
    let mut untrusted_answer = [0; ANSWER_BYTES];
    // Where nobody agreed, or no such service is, there is no answer.
    from.read_exact(&mut untrusted_answer)
        .map_err(|_| Code::TakerRefused)?;
    let (mut number, mut sum) = ([0; 4], [0; 8]);
    number.copy_from_slice(untrusted_answer.get(..4).unwrap_or(&[1; 4]));
    sum.copy_from_slice(untrusted_answer.get(8..).unwrap_or(&[0; 8]));
    match u32::from_le_bytes(number) {
        0 => Ok(u64::from_le_bytes(sum)),
        number if NO_SPACE.contains(&number) => Err(Code::TakerFull),
        _ => Err(Code::TakerFailed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_the_end_are_as_qubes_has_them() {
        let mut sent = Vec::new();
        let mut packer = Packer::new(&mut sent);
        let header = Header {
            path: b"a/b".to_vec(),
            mode: 0o100_644,
            bytes: 2,
            seconds: 7,
            nanoseconds: 9,
        };
        packer.entry(&header).unwrap();
        packer.data(b"hi").unwrap();
        let sum = packer.end().unwrap();
        let mut expected = vec![4, 0, 0, 0, 0xa4, 0x81, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
        expected.extend([7, 0, 0, 0, 9, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0]);
        expected.extend(b"a/b\0hi");
        expected.extend([0; 32]);
        assert_eq!(sent, expected);
        assert_eq!(sum, u64::from(crc32fast::hash(&expected)));
    }

    #[test]
    fn an_answer_is_a_sum_or_why_there_is_none() {
        let said = |number: u32| {
            let mut bytes = number.to_le_bytes().to_vec();
            bytes.extend([0; 4]);
            bytes.extend(77_u64.to_le_bytes());
            bytes
        };
        assert_eq!(answer(&mut said(0).as_slice()), Ok(77));
        assert_eq!(answer(&mut said(28).as_slice()), Err(Code::TakerFull));
        assert_eq!(answer(&mut said(17).as_slice()), Err(Code::TakerFailed));
        assert_eq!(answer(&mut &said(0)[..15]), Err(Code::TakerRefused));
        assert_eq!(answer(&mut [].as_slice()), Err(Code::TakerRefused));
    }
}
