//! Items that are sent together: the data of all of them is fetched at once, so that small files
//! that lie in one frame cost one fetch.

use super::file_copy::Packer;
use super::items::Item;
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::number::{narrow, wide};
use crate::restore::part::Frames;
use crate::restore::tally::Tally;
use qib_rpc::fault::Code;
use qib_rpc::id::Digest;
use std::collections::HashMap;
use std::io::{Read, Write};

/// A batch is sent when it holds so many bytes of data, or so many items.
const BATCH_BYTES: u64 = 8 << 20;
const BATCH_ITEMS: usize = 4096;

static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Items that wait.
pub struct Batch<'a, 'f, R, W, T> {
    frames: &'a Frames<'f, R, W>,
    packer: &'a mut Packer<T>,
    digest: Digest,
    /// How many bytes of data may still be sent; zeros end where the taker is full.
    left: u64,
    items: Vec<Item>,
    bytes: u64,
}

impl<'a, 'f, R: Read, W: Write, T: Write> Batch<'a, 'f, R, W, T> {
    /// Sends by `packer` what `frames` fetch, `most` bytes of data.
    pub fn new(
        frames: &'a Frames<'f, R, W>,
        packer: &'a mut Packer<T>,
        digest: Digest,
        most: u64,
    ) -> Self {
        Self {
            frames,
            packer,
            digest,
            left: most,
            items: Vec::new(),
            bytes: 0,
        }
    }

    /// Adds an item, and sends all when they are enough.
    ///
    /// # Errors
    /// When there is more than the volume can have held, or as [`Self::send`].
    pub fn add<D: Write + Send + 'static>(
        &mut self,
        item: Item,
        tally: &Tally<'_, D>,
    ) -> Result<()> {
        if let Item::Chunk(_, bytes) = item {
            let left = self.left.checked_sub(bytes);
            self.left = left.ok_or_else(|| self.damaged("more data than its volume held"))?;
            self.bytes = self.bytes.saturating_add(bytes);
        }
        self.items.push(item);
        if self.bytes < BATCH_BYTES && self.items.len() < BATCH_ITEMS {
            return Ok(());
        }
        self.send(tally)
    }

    /// Sends what waits.
    ///
    /// # Errors
    /// When data does not come, or the taker takes no more.
    pub fn send<D: Write + Send + 'static>(&mut self, tally: &Tally<'_, D>) -> Result<()> {
        let items = std::mem::take(&mut self.items);
        let chunks = self.fetch(&items)?;
        for item in &items {
            self.item(item, &chunks)?;
            tally.count(|counts| match item {
                Item::Entry(_) | Item::Member(_) => {
                    counts.files_read = counts.files_read.saturating_add(1)
                }
                Item::Chunk(_, bytes) => {
                    counts.bytes_read = counts.bytes_read.saturating_add(*bytes);
                }
                Item::Link(_) | Item::Zeros(_) => {}
            });
        }
        self.bytes = 0;
        Ok(())
    }

    fn fetch(&self, items: &[Item]) -> Result<HashMap<ChunkId, Vec<u8>>> {
        let wanted = items.iter().filter_map(|item| match item {
            Item::Chunk(chunk, _) => Some(*chunk),
            _ => None,
        });
        let mut chunks: HashMap<ChunkId, Vec<u8>> =
            wanted.map(|chunk| (chunk, Vec::new())).collect();
        let names = chunks.keys().copied().collect();
        self.frames.each(names, |chunk, plain| {
            if let Some(place) = chunks.get_mut(chunk) {
                *place = plain.to_vec();
            }
            Ok(())
        })?;
        Ok(chunks)
    }

    fn item(&mut self, item: &Item, chunks: &HashMap<ChunkId, Vec<u8>>) -> Result<()> {
        let sent = match item {
            Item::Entry(header) => self.packer.entry(header),
            Item::Link(bytes) | Item::Member(bytes) => self.packer.data(bytes),
            Item::Chunk(chunk, bytes) => {
                let plain = chunks
                    .get(chunk)
                    .filter(|plain| wide(plain.len()) == *bytes);
                let plain = plain.ok_or_else(|| self.damaged("data that no pack holds"))?;
                self.packer.data(plain)
            }
            Item::Zeros(bytes) => {
                let mut left = *bytes;
                while left > 0 {
                    let piece = ZEROS.get(..narrow(left)).unwrap_or(&ZEROS);
                    self.packer.data(piece).map_err(gone)?;
                    left = left.saturating_sub(wide(piece.len()));
                }
                Ok(())
            }
        };
        sent.map_err(gone)
    }

    fn damaged(&self, what: &'static str) -> Error {
        Error::Object(self.digest, FormatError::Damaged(what))
    }
}

fn gone(_: std::io::Error) -> Error {
    Error::Taker(Code::TakerRefused)
}
