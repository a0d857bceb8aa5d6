//! A pack that takes frames until it is sealed.

use super::{MAX_PLAIN_BYTES, PACK_BYTES, PackedFrame, TABLE};
use crate::archive::{self, Head};
use crate::number::{short, wide};
use crate::padding;
use crate::seal::{SealTo, Sealed, Sealing};
use qib_rpc::object::Kind;
use std::io::{self, Write};

/// What a pack seldom exceeds: its frames, the last of which goes beyond the limit, table and padding.
const USUAL_BYTES: usize = PACK_BYTES + (2 << 20);

/// A frame takes about this much of a pack.
const USUAL_FRAME_BYTES: u64 = 384 << 10;

/// Sizes that a pack is padded to lie about this part of its size apart.
const STEP: u64 = 32;

/// Where a chunk lies in its pack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Where its frame begins in the age plaintext.
    pub frame_at: u32,
    /// Length of that frame.
    pub frame_bytes: u32,
    /// Where the chunk begins in the decompressed frame.
    pub at: u32,
    /// Length of the chunk.
    pub length: u32,
}

/// Where a chunk came to lie.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// The caller's number for the chunk.
    pub tag: u32,
    /// Where it lies.
    pub place: Place,
}

/// A pack that takes frames. They are sealed as they come.
pub struct OpenPack {
    sealing: Sealing,
    table: Vec<u8>,
    placed: Vec<Placed>,
    plain_bytes: u64,
}

impl OpenPack {
    /// Begins a pack, in empty memory that may have served another.
    ///
    /// # Errors
    /// When the recipient can not be sealed to.
    pub fn new(to: &SealTo, mut memory: Vec<u8>) -> io::Result<Self> {
        memory.reserve(USUAL_BYTES);
        Ok(Self {
            sealing: Sealing::new(to, memory)?,
            table: Vec::new(),
            placed: Vec::new(),
            plain_bytes: 0,
        })
    }

    /// Appends a frame.
    ///
    /// # Errors
    /// When sealing fails, or the pack is over any size that a pack may have.
    pub fn push(&mut self, frame: &PackedFrame<'_>) -> io::Result<()> {
        let too_long = io::Error::from(io::ErrorKind::InvalidInput);
        let frame_at = u32::try_from(self.sealing.plain_bytes()).map_err(|_| too_long)?;
        let frame_bytes = short(frame.bytes.len()).ok_or(io::ErrorKind::InvalidInput)?;
        self.sealing.write_all(frame.bytes)?;
        self.plain_bytes = self.plain_bytes.saturating_add(frame.plain_bytes);
        for member in frame.members {
            let place = Place {
                frame_at,
                frame_bytes,
                at: member.at,
                length: member.length,
            };
            let prefix = member.id.prefix();
            for number in [prefix, frame_at, frame_bytes, member.at, member.length] {
                self.table.extend_from_slice(&number.to_le_bytes());
            }
            let tag = member.tag;
            self.placed.push(Placed { tag, place });
        }
        Ok(())
    }

    /// True when the pack should be sealed: it is full, or it is half full and needs no more
    /// padding than what may be hoped for from the frames that still fit. The least of `n`
    /// paddings, each as likely as any other up to a step, is hit best by taking the first
    /// that is below about two steps by `n + 3`.
    pub fn is_full(&self) -> bool {
        let bytes = self.sealing.plain_bytes();
        let left = wide(PACK_BYTES).saturating_sub(bytes);
        let hope = (left / USUAL_FRAME_BYTES).saturating_add(3);
        let is_little = self.padding_bytes().saturating_mul(hope) < bytes / STEP * 2;
        let is_half_full = left <= wide(PACK_BYTES / 2);
        left == 0 || self.plain_bytes >= MAX_PLAIN_BYTES || (is_half_full && is_little)
    }

    /// What padding would take, about: nobody knows yet how small the table gets.
    fn padding_bytes(&self) -> u64 {
        let table = wide(self.table.len()) / 2;
        let bytes = self.sealing.plain_bytes().saturating_add(table);
        padding::padded(bytes).saturating_sub(bytes)
    }

    /// Adds the table and ends the pack.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn finish(mut self) -> io::Result<(Sealed, Vec<Placed>)> {
        let length = wide(self.table.len());
        let mut tar = Vec::new();
        archive::member(&mut tar, &Head::plain(TABLE, length));
        tar.extend_from_slice(&self.table);
        archive::padding(&mut tar, length);
        archive::end(&mut tar);
        let table_at = self.sealing.plain_bytes();
        self.sealing
            .write_all(&zstd::bulk::compress(&tar, super::LEVEL)?)?;
        Ok((self.sealing.finish(Kind::Pack, table_at)?, self.placed))
    }
}
