//! Content texts: one line for each chunk, hole or list of lines.

use crate::chunk_id::ChunkId;
use crate::cut;
use crate::format_error::{FormatError, Result};
use crate::number::wide;

/// The longest content text in an entry or a list, in bytes. A longer one is cut into lists.
pub const MAX_TEXT_BYTES: usize = 2 << 20;

/// The largest file, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 60;

/// One line of a content text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The next bytes are this chunk.
    Chunk(ChunkId, u64),
    /// The next bytes are a hole.
    Hole(u64),
    /// This chunk is a text of further lines, themselves no lists; the number
    /// is the length of that text.
    List(ChunkId, u64),
}

impl Part {
    /// Appends the line.
    pub fn append(&self, text: &mut Vec<u8>) {
        let line = match self {
            Self::Chunk(id, bytes) => format!("chunk {id} {bytes}\n"),
            Self::Hole(bytes) => format!("hole {bytes}\n"),
            Self::List(id, bytes) => format!("list {id} {bytes}\n"),
        };
        text.extend_from_slice(line.as_bytes());
    }

    fn parse(untrusted_line: &[u8]) -> Option<Self> {
        let mut words = untrusted_line.split(|byte| *byte == b' ');
        let (word, first, second) = (words.next()?, words.next()?, words.next());
        let most = wide(cut::MAX_BYTES);
        let part = match (word, second) {
            (b"chunk", Some(bytes)) => Self::Chunk(ChunkId::parse(first)?, number(bytes, most)?),
            (b"list", Some(bytes)) => Self::List(ChunkId::parse(first)?, number(bytes, most)?),
            (b"hole", None) => Self::Hole(number(first, MAX_FILE_BYTES)?),
            _ => return None,
        };
        words.next().is_none().then_some(part)
    }

    /// Reads the lines of a list.
    ///
    /// # Errors
    /// [`FormatError::Damaged`] on anything else, a list in a list included.
    pub fn list(untrusted_text: &[u8]) -> Result<Vec<Self>> {
        let parts = Self::lines(untrusted_text)?;
        if parts.iter().any(|part| matches!(part, Self::List(..))) {
            return Err(FormatError::Damaged("a list in a list"));
        }
        Ok(parts)
    }

    pub(crate) fn lines(untrusted_text: &[u8]) -> Result<Vec<Self>> {
        let mut parts = Vec::new();
        let mut sum = 0_u64;
        for untrusted_line in untrusted_text.split_inclusive(|byte| *byte == b'\n') {
            let part = untrusted_line
                .strip_suffix(b"\n")
                .and_then(Self::parse)
                .ok_or(FormatError::Damaged("a content line"))?;
            if let Self::Chunk(_, bytes) | Self::Hole(bytes) = part {
                sum = sum.saturating_add(bytes);
            }
            parts.push(part);
        }
        if sum > MAX_FILE_BYTES {
            return Err(FormatError::Damaged("a file larger than any file"));
        }
        Ok(parts)
    }
}

/// The content of a regular file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// What the file consists of, in order.
    pub parts: Vec<Part>,
}

/// The text of these lines, with the link group first if there is one.
pub(super) fn text(link_group: Option<u32>, parts: &[Part]) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(group) = link_group {
        text.extend_from_slice(format!("link {group}\n").as_bytes());
    }
    for part in parts {
        part.append(&mut text);
    }
    text
}

/// A text as its link group and its other lines.
pub(super) fn split_link(untrusted_text: &[u8]) -> Result<(Option<u32>, &[u8])> {
    let Some(untrusted_rest) = untrusted_text.strip_prefix(b"link ") else {
        return Ok((None, untrusted_text));
    };
    let end = untrusted_rest.iter().position(|byte| *byte == b'\n');
    end.and_then(|end| untrusted_rest.split_at_checked(end))
        .and_then(|(digits, rest)| {
            let group = u32::try_from(number(digits, u32::MAX.into())?).ok()?;
            Some((Some(group), rest.strip_prefix(b"\n")?))
        })
        .ok_or(FormatError::Damaged("a link line"))
}

/// A decimal number from 1 to `most`, in the only form that it has.
pub(crate) fn number(untrusted_digits: &[u8], most: u64) -> Option<u64> {
    let text = std::str::from_utf8(untrusted_digits).ok()?;
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let number: u64 = text.parse().ok()?;
    (plain && number <= most).then_some(number)
}
