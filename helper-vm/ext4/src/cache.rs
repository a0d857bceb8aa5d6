//! A bounded cache of metadata: group descriptors, inode bitmaps and inode tables.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::block_reader::BlockReader;
use crate::fields::to_usize;
use crate::volume::Volume;

/// Neighbours in an inode table are mostly wanted soon after each other.
const PIECE_BYTES: u64 = 32 * 1024;
const SLOTS: u64 = 256;

type Piece = Arc<[u8]>;

/// At most 256 pieces of 32 KiB, or of one block where blocks are larger.
pub(crate) struct Cache {
    slots: Mutex<Vec<Option<(u64, Piece)>>>,
    piece_bytes: u64,
    volume_bytes: u64,
}

impl Cache {
    pub(crate) fn new(block_size: u32, volume_bytes: u64) -> Self {
        let slots = (0..SLOTS).map(|_| None).collect();
        let piece_bytes = PIECE_BYTES.max(block_size.into());
        Self {
            slots: Mutex::new(slots),
            piece_bytes,
            volume_bytes,
        }
    }

    /// Copies `buffer.len()` bytes at `offset`. They must not cross a block, so never cross a piece.
    pub(crate) fn read<R: BlockReader>(
        &self,
        volume: &Volume<R>,
        offset: u64,
        buffer: &mut [u8],
    ) -> io::Result<()> {
        let inside = offset.checked_rem(self.piece_bytes).unwrap_or(0);
        let piece = self.piece(volume, offset.saturating_sub(inside))?;
        let start = to_usize(inside);
        let found = start
            .checked_add(buffer.len())
            .and_then(|end| piece.get(start..end));
        let found = found.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        buffer.copy_from_slice(found);
        Ok(())
    }

    fn piece<R: BlockReader>(&self, volume: &Volume<R>, start: u64) -> io::Result<Piece> {
        if let Some(piece) = self.find(start) {
            return Ok(piece);
        }
        let length = self
            .volume_bytes
            .saturating_sub(start)
            .min(self.piece_bytes);
        let mut bytes = vec![0; to_usize(length)];
        volume.read_at(start, &mut bytes)?;
        let piece = Piece::from(bytes);
        self.keep(start, Arc::clone(&piece));
        Ok(piece)
    }

    fn find(&self, start: u64) -> Option<Piece> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (kept_start, piece) = slots.get(self.slot(start))?.as_ref()?;
        (*kept_start == start).then(|| Arc::clone(piece))
    }

    fn keep(&self, start: u64, piece: Piece) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get_mut(self.slot(start)) {
            *slot = Some((start, piece));
        }
    }

    fn slot(&self, start: u64) -> usize {
        to_usize(start.checked_div(self.piece_bytes).unwrap_or(0) % SLOTS)
    }
}
