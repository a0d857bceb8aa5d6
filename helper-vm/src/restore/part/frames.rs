//! Fetching frames of packs, and nothing else of them.

use super::finder::Finder;
use super::left::MayLack;
use super::ranged::{Line, Ranged};
use super::rows::Frame;
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::number::narrow;
use crate::pack::FrameReader;
use crate::restore::spool::Spool;
use crate::restore::walk::Manifest;
use crate::seal::{self, OpenWith};
use age::stream::StreamReader;
use qib_rpc::id::Digest;
use qib_rpc::key::ChunkKey;
use qib_rpc::object::{Kind, ObjectName};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};

/// age authenticates a plaintext by segments of this length, in bytes.
const SEGMENT_BYTES: u64 = 64 << 10;

/// A segment as it is stored, with its proof, in bytes.
const SEALED_SEGMENT_BYTES: u64 = SEGMENT_BYTES + 16;

/// The header of an age file is shorter, in bytes.
const HEADER_BYTES: usize = 512;

type Opened<'a, R, W> = StreamReader<BufReader<Ranged<'a, R, W>>>;

/// The frames of packs. What was fetched for the manifest is kept in a spool.
pub struct Frames<'a, R, W> {
    line: &'a Line<'a, R, W>,
    finder: Finder,
    with: &'a OpenWith,
    key: &'a ChunkKey,
    /// The frame that was read last, and what reads its pack.
    open: RefCell<Option<(Frame, Opened<'a, R, W>)>>,
    reader: RefCell<FrameReader>,
    /// Every chunk of the frames that were fetched for the manifest.
    pub spool: &'a Spool,
}

impl<'a, R: Read, W: Write> Frames<'a, R, W> {
    /// Begins; what is fetched for the manifest goes into the spool.
    ///
    /// # Errors
    /// When the helper has no memory.
    pub fn new(
        line: &'a Line<'a, R, W>,
        finder: Finder,
        with: &'a OpenWith,
        key: &'a ChunkKey,
        spool: &'a Spool,
    ) -> Result<Self> {
        Ok(Self {
            line,
            finder,
            with,
            key,
            open: RefCell::new(None),
            reader: RefCell::new(FrameReader::new().map_err(Error::Helper)?),
            spool,
        })
    }

    /// Reads a chunk; none where no frame has it. Those beside it in its frame go to `beside`.
    ///
    /// # Errors
    /// When a frame can not be fetched or is damaged.
    pub fn one(
        &self,
        wanted: ChunkId,
        mut beside: impl FnMut(ChunkId, &[u8]),
    ) -> Result<Option<Vec<u8>>> {
        let mut found = None;
        self.each(vec![wanted], |chunk, plain| {
            if *chunk == wanted {
                found = Some(plain.to_vec());
            } else {
                beside(*chunk, plain);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Hands these chunks, and those beside them in their frames, to `take`; which are not
    /// found does not come.
    ///
    /// # Errors
    /// When a frame can not be fetched or is damaged, or what `take` returns.
    pub fn each(
        &self,
        chunks: Vec<ChunkId>,
        mut take: impl FnMut(&ChunkId, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut missing: BTreeSet<ChunkId> = chunks.into_iter().collect();
        for turn in 0.. {
            let next = |chunk| self.finder.frames(chunk).nth(turn);
            let frames: BTreeSet<Frame> = missing.iter().filter_map(next).collect();
            if frames.is_empty() {
                break;
            }
            for frame in frames {
                self.fetch(frame, |chunk, plain| {
                    missing.remove(chunk);
                    take(chunk, plain)
                })?;
            }
        }
        Ok(())
    }

    fn fetch(
        &self,
        frame: Frame,
        mut take: impl FnMut(&ChunkId, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let untrusted_frame = self.read(frame);
        let mut reader = self.reader.borrow_mut();
        let read = untrusted_frame.and_then(|frame| reader.read(&frame, self.key));
        let read = read.map_err(|damage| self.line.error(name(frame.pack), damage))?;
        let mut chunks = read.chunks.iter();
        chunks.try_for_each(|(chunk, plain)| take(chunk, plain))
    }

    /// A reader only goes forward: age wants to know an object's end to go back.
    fn read(&self, frame: Frame) -> std::result::Result<Vec<u8>, FormatError> {
        let last = self.open.take();
        let last =
            last.filter(|(last, _)| last.pack == frame.pack && end(*last) <= frame.at.into());
        let (now, mut opened) = match last {
            Some((last, opened)) => (end(last), opened),
            None => {
                let sealed =
                    BufReader::with_capacity(HEADER_BYTES, self.line.open(name(frame.pack)));
                (0, seal::open_stream(sealed, self.with)?)
            }
        };
        self.line.expect(sealed_bytes(frame, now));
        let read = read(&mut opened, now, frame);
        self.line.expect(0);
        let bytes = read.map_err(|_| FormatError::Damaged("a frame that does not open"))?;
        self.open.replace(Some((frame, opened)));
        Ok(bytes)
    }
}

impl<R: Read, W: Write> Manifest for Frames<'_, R, W> {
    fn chunk(&self, id: &ChunkId) -> Result<Option<Vec<u8>>> {
        if let Some(plain) = self.spool.get(id)? {
            return Ok(Some(plain));
        }
        self.each(vec![*id], |chunk, plain| self.spool.add(*chunk, plain))?;
        self.spool.get(id)
    }
}

impl<R: Read, W: Write> MayLack for Frames<'_, R, W> {
    fn has(&self, chunk: &ChunkId) -> Result<bool> {
        if self.finder.frames(chunk).next().is_none() {
            return Ok(false);
        }
        if !self.finder.may_be_lost(chunk) {
            return Ok(true);
        }
        // The tables have the first bytes of an id: what is there may be another chunk.
        Ok(self.one(*chunk, |_, _| ())?.is_some())
    }
}

fn name(digest: Digest) -> ObjectName {
    let kind = Kind::Pack;
    ObjectName { kind, digest }
}

/// Where a frame ends in the age plaintext.
fn end(frame: Frame) -> u64 {
    u64::from(frame.at).saturating_add(frame.bytes.into())
}

/// Length of the stored segments in which a frame lies, without the one that is open when
/// the reader is in its middle.
fn sealed_bytes(frame: Frame, now: u64) -> u64 {
    let first = u64::from(frame.at) / SEGMENT_BYTES;
    let has_first = !now.is_multiple_of(SEGMENT_BYTES) && now / SEGMENT_BYTES == first;
    let begin = first.saturating_add(u64::from(has_first));
    let segments = end(frame).div_ceil(SEGMENT_BYTES).saturating_sub(begin);
    segments.saturating_mul(SEALED_SEGMENT_BYTES)
}

/// age panics when it is to go beyond an object's end within a segment, and asks for the end
/// when it is to go to the beginning of one. So within a segment what lies before the frame is
/// read, and its beginning is reached from the one before.
fn read(opened: &mut (impl Read + Seek), now: u64, frame: Frame) -> std::io::Result<Vec<u8>> {
    let at = u64::from(frame.at);
    let near = at.saturating_sub(u64::from(at.is_multiple_of(SEGMENT_BYTES)));
    let mut from = now;
    if near / SEGMENT_BYTES != now / SEGMENT_BYTES {
        from = opened.seek(SeekFrom::Start(near))?;
    }
    let before = at.saturating_sub(from);
    let length = u64::from(frame.bytes).saturating_add(before);
    let mut bytes = vec![0; narrow(length)];
    opened.read_exact(&mut bytes)?;
    Ok(bytes.split_off(narrow(before)))
}
