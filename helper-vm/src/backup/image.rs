//! Image mode: a volume that nobody can read is one file, cut by its content, with
//! holes where it is zeros.

use super::contents;
use super::finish;
use super::image_ahead::ImageAhead;
use super::manifest_walk::Root;
use super::partial::Partials;
use super::piece::Pieces;
use super::runs::Runs;
use super::session::Session;
use super::store::Store;
use crate::cut::Cutter;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::known::Known;
use crate::manifest::{Content, Entry, EntryName, Meta, Node};
use crate::number::wide;
use crate::snapshot::{BlockSize, IMAGE_NAME, SnapshotKind};
use qib_ext4::BlockReader;
use qib_rpc::count::LeftOuts;
use qib_rpc::message::backup::BackupSummary;
use std::io::Write;
use std::ops::Range;
use std::thread;

/// Zeros are a hole by whole blocks of this length: shorter ones would cut the data
/// between them too finely, and compress to nothing anyway.
const HOLE_BYTES: usize = 64 << 10;

/// Stores a volume as an image.
///
/// # Errors
/// When the volume can not be read, or something not be stored.
pub fn store_all<W: Write + Send + 'static>(
    session: &Session<W>,
    volume: &Device,
    known: Known,
) -> Result<BackupSummary> {
    let mut store = session.store(known)?;
    let entry = entry(session, volume, 0..0, &mut store)?;
    let mut pieces = Pieces::default();
    pieces.add(&mut store, &session.job.cut_key, &entry)?;
    let root = Root {
        meta: owner_only(0o700),
        pieces: pieces.finish(&mut store)?,
    };
    let left_out = LeftOuts::default();
    let (block_size, kind) = (BlockSize::default(), SnapshotKind::Image);
    let stored = finish::finish(session, &mut store, root, &left_out, block_size, kind)?;
    Ok(session.summary(&store, stored, left_out, session.trial()))
}

/// Stores the bytes of a volume, those in `hole` as a hole, and returns the file that
/// they are. Nothing in it but the content changes from run to run, so that an unchanged
/// volume stores nothing.
///
/// # Errors
/// As [`store_all`].
pub(super) fn entry<W: Write + Send + 'static>(
    session: &Session<W>,
    volume: &Device,
    hole: Range<u64>,
    store: &mut Store,
) -> Result<Entry> {
    let size = volume.size();
    let hole_bytes = hole.end.saturating_sub(hole.start);
    for (count, more) in [
        (&mut store.counts.files, 1),
        (&mut store.counts.files_read, 1),
        (&mut store.counts.file_bytes, size),
        (
            &mut store.counts.bytes_expected,
            size.saturating_sub(hole_bytes),
        ),
    ] {
        *count = count.saturating_add(more);
    }
    let cutter = Cutter::new(&session.job.cut_key);
    let mut reading = Reading {
        session,
        volume,
        runs: Runs::new(&cutter),
        partials: Partials::new(store),
    };
    reading.take(0..hole.start, store)?;
    reading.runs.hole(store, hole_bytes)?;
    reading.take(hole.end..size, store)?;
    let words = reading.runs.finish(store)?;
    Ok(Entry {
        name: EntryName::new(IMAGE_NAME).ok_or(Error::Job("an image without a name"))?,
        meta: owner_only(0o600),
        node: Node::File(Content {
            parts: contents::of_words(store, &words)?,
        }),
        link_group: None,
    })
}

/// A volume that is being read.
struct Reading<'a, W> {
    session: &'a Session<W>,
    volume: &'a Device,
    runs: Runs<'a>,
    partials: Partials,
}

impl<W: Write + Send + 'static> Reading<'_, W> {
    fn take(&mut self, range: Range<u64>, store: &mut Store) -> Result<()> {
        thread::scope(|scope| {
            let mut ahead = ImageAhead::start(scope, self.volume, range);
            while let Some(bytes) = ahead.next()? {
                self.bytes(bytes, store)?;
            }
            Ok(())
        })
    }

    fn bytes(&mut self, bytes: &[u8], store: &mut Store) -> Result<()> {
        for block in bytes.chunks(HOLE_BYTES) {
            if is_zeros(block) {
                self.runs.hole(store, wide(block.len()))?;
            } else {
                self.runs.data(store, block)?;
            }
        }
        let read = &mut store.counts.bytes_read;
        *read = read.saturating_add(wide(bytes.len()));
        self.session.dom0.count(&self.session.counts(store));
        self.partials.store_if_due(self.session, store)
    }
}

/// The compiler makes whole registers of the inner loop, and the outer one ends early.
fn is_zeros(block: &[u8]) -> bool {
    let mut pieces = block.chunks(512);
    pieces.all(|piece| piece.iter().fold(0, |all, byte| all | byte) == 0)
}

/// What an image has instead of the metadata of a file: the same at all times.
pub(super) fn owner_only(mode: u32) -> Meta {
    Meta {
        mode,
        ..Meta::default()
    }
}
