//! Reading an index object that may lie: an earlier helper made it, and may
//! have been in an attacker's hand.

use super::word::{Stretch, stretches};
use super::{CHUNK_ROW_BYTES, ChunkRow, FILE_ROW_BYTES, FileKey, VERSION};
use crate::archive::{self, Head, MemberKind};
use crate::chunk_id::ChunkId;
use crate::cut;
use crate::fields::Fields;
use crate::format_error::{FormatError, Result};
use crate::number::{place, wide};
use crate::pack::Place;
use crate::seal::{self, OpenWith};
use qib_rpc::id::{Digest, QubeId};
use std::io::{BufReader, Read};

/// Most bytes of tables for each byte of the object: real ones have under 8,
/// and a bomb of small size must not fill the helper's memory.
const MAX_RATIO: u64 = 64;

/// Bytes of tables that any object may have.
const FREE_BYTES: u64 = 1 << 20;

/// Takes the rows of an index object, table by table.
pub trait IndexSink {
    /// The next pack of the object's table.
    fn pack(&mut self, digest: Digest);
    /// The next chunk; its pack is in the table of packs.
    fn chunk(&mut self, row: ChunkRow);
    /// The next borrowed chunk.
    fn borrowed(&mut self, id: ChunkId);
    /// The next file, inodes ascending. Chunk words count own chunks first,
    /// then borrowed ones, and are in range.
    fn file(&mut self, key: FileKey, words: &[u32]);
}

/// Opens an index object and hands its rows to `sink`.
///
/// # Errors
/// [`FormatError`] when it breaks a rule; what `sink` got until then must be dropped.
pub fn read(
    untrusted_object: &[u8],
    with: &OpenWith,
    qube: QubeId,
    sink: &mut impl IndexSink,
) -> Result<()> {
    let limit = wide(untrusted_object.len()).saturating_mul(MAX_RATIO);
    let input = seal::open(untrusted_object, with)?.take(limit.saturating_add(FREE_BYTES));
    let mut reading = Reading {
        sink,
        qube,
        table: 0,
        packs: 0,
        chunks: 0,
        inode: None,
    };
    archive::each(input, |head, content| reading.table(&head, content))?;
    if reading.table == 5 {
        Ok(())
    } else {
        Err(FormatError::Damaged("an index with missing tables"))
    }
}

struct Reading<'a, S> {
    sink: &'a mut S,
    qube: QubeId,
    table: u32,
    packs: u64,
    /// Own chunks and, from the table of borrowed ones on, those too.
    chunks: u64,
    inode: Option<u32>,
}

impl<S: IndexSink> Reading<'_, S> {
    fn table(&mut self, head: &Head, untrusted_content: &mut dyn Read) -> Result<()> {
        if head.kind != MemberKind::File {
            return Err(FormatError::Damaged("a table that is no file"));
        }
        let length = head.content_bytes;
        let mut input = BufReader::with_capacity(1 << 16, untrusted_content);
        match (self.table, head.name.as_slice()) {
            (0, b"index") => self.head(head, &mut input)?,
            (1, b"packs") => self.packs(&mut input, length)?,
            (2, b"chunks") => self.chunks(&mut input, length)?,
            (3, b"borrowed") => self.borrowed(&mut input, length)?,
            (4, b"files") => self.files(&mut input, length)?,
            _ => return Err(FormatError::Damaged("tables out of order")),
        }
        self.table = self.table.saturating_add(1);
        Ok(())
    }

    fn head(&self, head: &Head, input: &mut dyn Read) -> Result<()> {
        let text = archive::text(head, input, 1000)?;
        let damaged = FormatError::Damaged("an index's head");
        let text = String::from_utf8(text).map_err(|_| damaged)?;
        let (version, rest) = text
            .strip_prefix("qib-index ")
            .and_then(|rest| rest.split_once('\n'))
            .ok_or(damaged)?;
        if version != VERSION {
            return Err(FormatError::Newer);
        }
        if rest == format!("qube {}\n", self.qube) {
            Ok(())
        } else {
            Err(FormatError::NotOurs)
        }
    }

    fn packs(&mut self, input: &mut dyn Read, length: u64) -> Result<()> {
        self.packs = rows(length, 32)?;
        for _ in 0..self.packs {
            self.sink.pack(Digest::new(array(input)?));
        }
        Ok(())
    }

    fn chunks(&mut self, input: &mut dyn Read, length: u64) -> Result<()> {
        self.chunks = rows(length, CHUNK_ROW_BYTES)?;
        for _ in 0..self.chunks {
            let untrusted_row: [u8; 52] = array(input)?;
            let row = chunk_row(&untrusted_row).filter(|row| {
                u64::from(row.pack) < self.packs && place(row.place.length) <= cut::MAX_BYTES
            });
            self.sink
                .chunk(row.ok_or(FormatError::Damaged("a chunk's row"))?);
        }
        Ok(())
    }

    fn borrowed(&mut self, input: &mut dyn Read, length: u64) -> Result<()> {
        let count = rows(length, 32)?;
        self.chunks = self.chunks.saturating_add(count);
        for _ in 0..count {
            self.sink.borrowed(ChunkId::new(array(input)?));
        }
        Ok(())
    }

    fn files(&mut self, input: &mut dyn Read, length: u64) -> Result<()> {
        let mut left = length;
        let mut words = Vec::new();
        while left > 0 {
            let untrusted_row: [u8; 28] = array(input)?;
            let (key, count) =
                file_row(&untrusted_row).ok_or(FormatError::Damaged("a file's row"))?;
            left = u64::from(count)
                .checked_mul(4)
                .and_then(|bytes| bytes.checked_add(FILE_ROW_BYTES))
                .and_then(|bytes| left.checked_sub(bytes))
                .ok_or(FormatError::Damaged(
                    "a file's row that is longer than its table",
                ))?;
            if self.inode.is_some_and(|last| last >= key.inode) {
                return Err(FormatError::Damaged("files out of order"));
            }
            self.inode = Some(key.inode);
            words.clear();
            for _ in 0..count {
                words.push(u32::from_le_bytes(array(input)?));
            }
            self.check(&words)?;
            self.sink.file(key, &words);
        }
        Ok(())
    }

    fn check(&self, untrusted_words: &[u32]) -> Result<()> {
        let known = |stretch| match stretch {
            Some(Stretch::Chunk(number)) => u64::from(number) < self.chunks,
            Some(Stretch::Hole(bytes)) => bytes > 0,
            None => false,
        };
        if stretches(untrusted_words).all(known) {
            Ok(())
        } else {
            Err(FormatError::Damaged("a file's content"))
        }
    }
}

fn rows(length: u64, row_bytes: u64) -> Result<u64> {
    match length.checked_rem(row_bytes) {
        Some(0) => Ok(length.checked_div(row_bytes).unwrap_or(0)),
        _ => Err(FormatError::Damaged("a table with half a row")),
    }
}

fn array<const N: usize>(untrusted_input: &mut dyn Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    untrusted_input
        .read_exact(&mut bytes)
        .map_err(|_| FormatError::Damaged("a table cut short"))?;
    Ok(bytes)
}

fn chunk_row(untrusted_row: &[u8]) -> Option<ChunkRow> {
    let mut fields = Fields::new(untrusted_row);
    Some(ChunkRow {
        id: ChunkId::new(fields.array()?),
        pack: fields.u32()?,
        place: Place {
            frame_at: fields.u32()?,
            frame_bytes: fields.u32()?,
            at: fields.u32()?,
            length: fields.u32()?,
        },
    })
}

fn file_row(untrusted_row: &[u8]) -> Option<(FileKey, u32)> {
    let mut fields = Fields::new(untrusted_row);
    let key = FileKey {
        inode: fields.u32()?,
        generation: fields.u32()?,
        fingerprint: fields.array()?,
    };
    Some((key, fields.u32()?))
}
