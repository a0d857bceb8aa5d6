//! The table of frames: in which frame a chunk lies, in few bytes. It comes before the
//! larger tables, so that whoever wants a few chunks reads the beginning of the object.

use super::{ChunkRow, VERSION};
use crate::archive::{self, Head};
use crate::fields::Fields;
use crate::format_error::{FormatError, Result};
use crate::number::{place, short, wide};
use crate::seal;
use qib_rpc::id::{Digest, QubeId};
use std::io::{self, BufRead, Read, Write};

/// The name of the table.
pub(super) const FRAMES: &[u8] = b"frames";

/// Bytes of a row before its prefixes.
const ROW_BYTES: u64 = 16;

/// Bytes of a chunk's id that a row holds.
const PREFIX_BYTES: usize = 3;

/// The longest frame that is read, in bytes.
const MAX_FRAME_BYTES: u32 = 8 << 20;

/// The longest tables of frames and packs that are read, in bytes: of some 20 million chunks.
const MAX_TABLE_BYTES: u64 = 64 << 20;

/// A frame of a pack: where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRow {
    /// Its pack: a number in the index object's own table of packs.
    pub pack: u32,
    /// Where it begins in the age plaintext.
    pub at: u32,
    /// Its length.
    pub bytes: u32,
}

impl FrameRow {
    fn of(row: &ChunkRow) -> Self {
        Self {
            pack: row.pack,
            at: row.place.frame_at,
            bytes: row.place.frame_bytes,
        }
    }
}

/// Takes what the beginning of an index object says.
pub trait FramesSink {
    /// The next pack of the object's table.
    fn pack(&mut self, digest: Digest);
    /// The next frame; its pack is in the table of packs.
    fn frame(&mut self, row: FrameRow);
    /// The next chunk in that frame: the first bytes of its id, as a number.
    fn chunk(&mut self, prefix: u32);
}

/// The length of the table in bytes.
pub(super) fn table_bytes(rows: impl Iterator<Item = ChunkRow>) -> u64 {
    let (mut frames, mut chunks) = (0_u64, 0_u64);
    let mut last = None;
    for row in rows {
        let frame = Some(FrameRow::of(&row));
        frames = frames.saturating_add(u64::from(last != frame));
        chunks = chunks.saturating_add(1);
        last = frame;
    }
    let prefixes = chunks.saturating_mul(wide(PREFIX_BYTES));
    frames.saturating_mul(ROW_BYTES).saturating_add(prefixes)
}

/// Writes the table: neighbours in the same frame share a row.
pub(super) fn write(
    output: &mut dyn Write,
    rows: impl Iterator<Item = ChunkRow>,
) -> io::Result<()> {
    let mut prefixes = Vec::new();
    let mut last = None;
    for row in rows {
        let frame = Some(FrameRow::of(&row));
        if last != frame {
            write_row(output, last, &prefixes)?;
            prefixes.clear();
            last = frame;
        }
        prefixes.extend(row.id.bytes().iter().take(PREFIX_BYTES));
    }
    write_row(output, last, &prefixes)
}

fn write_row(output: &mut dyn Write, frame: Option<FrameRow>, prefixes: &[u8]) -> io::Result<()> {
    let Some(frame) = frame else { return Ok(()) };
    let chunks = short(prefixes.len() / PREFIX_BYTES).ok_or(io::ErrorKind::InvalidInput)?;
    for number in [frame.pack, frame.at, frame.bytes, chunks] {
        output.write_all(&number.to_le_bytes())?;
    }
    output.write_all(prefixes)
}

/// Reads an index object up to its table of frames and no further.
///
/// # Errors
/// [`FormatError`] when it breaks a rule there.
pub fn read_frames(
    untrusted_frames: impl BufRead,
    qube: QubeId,
    sink: &mut impl FramesSink,
) -> Result<()> {
    let mut packs = 0;
    let mut done = false;
    let input = seal::decompress(untrusted_frames)?.take(MAX_TABLE_BYTES);
    archive::until(input, |head, untrusted_content| {
        match head.name.as_slice() {
            b"index" => check_head(&head, untrusted_content, qube)?,
            b"packs" => packs = read_packs(&head, untrusted_content, sink)?,
            FRAMES => {
                read_rows(untrusted_content, head.content_bytes, packs, sink)?;
                done = true;
            }
            _ => return Err(FormatError::Damaged("an index without a table of frames")),
        }
        Ok(!done)
    })?;
    if done {
        Ok(())
    } else {
        Err(FormatError::Damaged("an index without a table of frames"))
    }
}

fn check_head(head: &Head, untrusted_content: &mut dyn Read, qube: QubeId) -> Result<()> {
    let text = archive::text(head, untrusted_content, 1000)?;
    let ours = format!("qib-index {VERSION}\nqube {qube}\n");
    if text.starts_with(ours.as_bytes()) {
        Ok(())
    } else {
        Err(FormatError::NotOurs)
    }
}

fn read_packs(
    head: &Head,
    untrusted_content: &mut dyn Read,
    sink: &mut impl FramesSink,
) -> Result<u32> {
    let rows = super::decode::rows(head.content_bytes, 32)?;
    for _ in 0..rows {
        sink.pack(Digest::new(super::decode::array(untrusted_content)?));
    }
    u32::try_from(rows).map_err(|_| FormatError::Damaged("too many packs in an index"))
}

fn read_rows(
    untrusted_content: &mut dyn Read,
    length: u64,
    packs: u32,
    sink: &mut impl FramesSink,
) -> Result<()> {
    let damaged = FormatError::Damaged("a row of frames");
    let mut left = length;
    while left > 0 {
        let untrusted_row: [u8; 16] = super::decode::array(untrusted_content)?;
        let (row, chunks) = frame_row(&untrusted_row, packs).ok_or(damaged)?;
        let prefixes = u64::from(chunks).saturating_mul(wide(PREFIX_BYTES));
        left = left
            .checked_sub(ROW_BYTES.saturating_add(prefixes))
            .ok_or(damaged)?;
        sink.frame(row);
        for _ in 0..place(chunks) {
            let [first, second, third] = super::decode::array(untrusted_content)?;
            sink.chunk(u32::from_le_bytes([first, second, third, 0]));
        }
    }
    Ok(())
}

fn frame_row(untrusted_row: &[u8], packs: u32) -> Option<(FrameRow, u32)> {
    let mut fields = Fields::new(untrusted_row);
    let row = FrameRow {
        pack: fields.u32().filter(|pack| *pack < packs)?,
        at: fields.u32()?,
        bytes: fields.u32().filter(|bytes| *bytes <= MAX_FRAME_BYTES)?,
    };
    Some((row, fields.u32()?))
}
