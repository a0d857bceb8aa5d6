//! Reading an index object that may lie: an earlier helper made it, and may
//! have been in an attacker's hand.

use super::frames::FRAMES;
use super::word::{Stretch, stretches};
use super::{
    CHUNK_ROW_BYTES, ChunkRow, FileKey, Folder, INODE_ROW_BYTES, Parent, RulesMark, VERSION,
    VERSION_WITHOUT_FRAMES,
};
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
    /// The rules that held when the folders were read.
    fn rules(&mut self, rules: RulesMark);
    /// The next pack of the object's table.
    fn pack(&mut self, digest: Digest);
    /// The next chunk; its pack is in the table of packs.
    fn chunk(&mut self, row: ChunkRow);
    /// The next borrowed chunk.
    fn borrowed(&mut self, id: ChunkId);
    /// The next folder, inodes ascending. Its pieces count own chunks first,
    /// then borrowed ones, and are in range.
    fn folder(&mut self, key: FileKey, parent: Parent, folder: Folder);
    /// The next file, inodes ascending. Chunk words count as pieces do.
    fn file(&mut self, key: FileKey, parent: Parent, words: &[u32]);
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
        has_frames: false,
        packs: 0,
        chunks: 0,
    };
    archive::each(input, |head, content| reading.table(&head, content))?;
    if reading.table == 6 {
        Ok(())
    } else {
        Err(FormatError::Damaged("an index with missing tables"))
    }
}

struct Reading<'a, S> {
    sink: &'a mut S,
    qube: QubeId,
    table: u32,
    /// True while a table of frames, which says nothing new to us, has to come.
    has_frames: bool,
    packs: u64,
    /// Own chunks and, from the table of borrowed ones on, those too.
    chunks: u64,
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
            (2, FRAMES) if self.has_frames => {
                self.has_frames = false;
                return Ok(());
            }
            (2, _) if self.has_frames => return Err(FormatError::Damaged("tables out of order")),
            (2, b"chunks") => self.chunks(&mut input, length)?,
            (3, b"borrowed") => self.borrowed(&mut input, length)?,
            (4, b"folders") => self.folders(&mut input, length)?,
            (5, b"files") => self.files(&mut input, length)?,
            _ => return Err(FormatError::Damaged("tables out of order")),
        }
        self.table = self.table.saturating_add(1);
        Ok(())
    }

    fn head(&mut self, head: &Head, input: &mut dyn Read) -> Result<()> {
        let text = archive::text(head, input, 1000)?;
        let damaged = FormatError::Damaged("an index's head");
        let text = String::from_utf8(text).map_err(|_| damaged)?;
        let (version, rest) = text
            .strip_prefix("qib-index ")
            .and_then(|rest| rest.split_once('\n'))
            .ok_or(damaged)?;
        self.has_frames = match version {
            VERSION => true,
            VERSION_WITHOUT_FRAMES => false,
            _ => return Err(FormatError::Newer),
        };
        let rest = rest.strip_prefix(&format!("qube {}\nrules ", self.qube));
        let rules = rest.ok_or(FormatError::NotOurs)?.strip_suffix('\n');
        let rules = rules.and_then(RulesMark::parse);
        self.sink.rules(rules.ok_or(damaged)?);
        Ok(())
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

    fn folders(&mut self, input: &mut dyn Read, length: u64) -> Result<()> {
        inodes(input, length, |key, parent, untrusted_words| {
            let folder = Folder::of_words(untrusted_words)
                .filter(|folder| folder.pieces.iter().all(|piece| self.has_chunk(*piece)));
            let folder = folder.ok_or(FormatError::Damaged("a folder's words"))?;
            self.sink.folder(key, parent, folder);
            Ok(())
        })
    }

    fn files(&mut self, input: &mut dyn Read, length: u64) -> Result<()> {
        inodes(input, length, |key, parent, untrusted_words| {
            self.check(untrusted_words)?;
            self.sink.file(key, parent, untrusted_words);
            Ok(())
        })
    }

    fn has_chunk(&self, untrusted_number: u32) -> bool {
        u64::from(untrusted_number) < self.chunks
    }

    fn check(&self, untrusted_words: &[u32]) -> Result<()> {
        let known = |stretch| match stretch {
            Some(Stretch::Chunk(number)) => self.has_chunk(number),
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

/// Reads a table of inodes.
fn inodes(
    input: &mut dyn Read,
    length: u64,
    mut each: impl FnMut(FileKey, Parent, &[u32]) -> Result<()>,
) -> Result<()> {
    let mut left = length;
    let mut words = Vec::new();
    let mut last = None;
    while left > 0 {
        let untrusted_row: [u8; 32] = array(input)?;
        let (key, parent, count) =
            inode_row(&untrusted_row).ok_or(FormatError::Damaged("an inode's row"))?;
        left = u64::from(count)
            .checked_mul(4)
            .and_then(|bytes| bytes.checked_add(INODE_ROW_BYTES))
            .and_then(|bytes| left.checked_sub(bytes))
            .ok_or(FormatError::Damaged("a row that is longer than its table"))?;
        if last.is_some_and(|last| last >= key.inode) {
            return Err(FormatError::Damaged("inodes out of order"));
        }
        last = Some(key.inode);
        words.clear();
        for _ in 0..count {
            words.push(u32::from_le_bytes(array(input)?));
        }
        each(key, parent, &words)?;
    }
    Ok(())
}

pub(super) fn rows(length: u64, row_bytes: u64) -> Result<u64> {
    match length.checked_rem(row_bytes) {
        Some(0) => Ok(length.checked_div(row_bytes).unwrap_or(0)),
        _ => Err(FormatError::Damaged("a table with half a row")),
    }
}

pub(super) fn array<const N: usize>(untrusted_input: &mut dyn Read) -> Result<[u8; N]> {
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

fn inode_row(untrusted_row: &[u8]) -> Option<(FileKey, Parent, u32)> {
    let mut fields = Fields::new(untrusted_row);
    let key = FileKey {
        inode: fields.u32()?,
        generation: fields.u32()?,
        fingerprint: fields.array()?,
    };
    Some((key, fields.u32()?.into(), fields.u32()?))
}
