//! Image mode: a volume that nobody can read is one file, cut by its content, with
//! holes where it is zeros.

use super::contents;
use super::finish;
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
use crate::number::{narrow, wide};
use crate::snapshot::{BlockSize, IMAGE_NAME, SnapshotKind};
use qib_ext4::BlockReader;
use qib_rpc::count::LeftOuts;
use qib_rpc::message::backup::BackupSummary;
use std::io::Write;

/// How much is read at once.
const READ_BYTES: usize = 4 << 20;

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
    store.counts.files = 1;
    store.counts.files_read = 1;
    store.counts.file_bytes = volume.size();
    store.counts.bytes_expected = volume.size();
    let words = read(session, volume, &mut store)?;
    let root = manifest(session, &mut store, &words)?;
    let left_out = LeftOuts::default();
    let (block_size, kind) = (BlockSize::default(), SnapshotKind::Image);
    let stored = finish::finish(session, &mut store, root, left_out, block_size, kind)?;
    Ok(BackupSummary {
        stored: (!session.job.dry_run).then_some(stored),
        counts: session.counts(&store),
        left_out,
    })
}

fn read<W: Write + Send + 'static>(
    session: &Session<W>,
    volume: &Device,
    store: &mut Store,
) -> Result<Vec<u32>> {
    let cutter = Cutter::new(&session.job.cut_key);
    let mut runs = Runs::new(&cutter);
    let mut partials = Partials::new(store);
    let mut buffer = vec![0; READ_BYTES];
    let mut at = 0;
    while at < volume.size() {
        let left = narrow(volume.size().saturating_sub(at));
        let piece = buffer.get_mut(..left.min(READ_BYTES)).unwrap_or_default();
        volume.read_at(at, piece).map_err(Error::reading)?;
        for block in piece.chunks(HOLE_BYTES) {
            if is_zeros(block) {
                runs.hole(store, wide(block.len()))?;
            } else {
                runs.data(store, block)?;
            }
        }
        at = at.saturating_add(wide(piece.len()));
        store.counts.bytes_read = at;
        session.dom0.count(&session.counts(store));
        partials.store_if_due(session, store)?;
    }
    runs.finish(store)
}

/// The compiler makes whole registers of the inner loop, and the outer one ends early.
fn is_zeros(block: &[u8]) -> bool {
    let mut pieces = block.chunks(512);
    pieces.all(|piece| piece.iter().fold(0, |all, byte| all | byte) == 0)
}

/// Nothing in it but the content changes from run to run, so that an unchanged
/// volume stores nothing.
fn manifest<W: Write + Send + 'static>(
    session: &Session<W>,
    store: &mut Store,
    words: &[u32],
) -> Result<Root> {
    let owner_only = |mode| Meta {
        mode,
        ..Meta::default()
    };
    let parts = contents::of_words(store, words)?;
    let entry = Entry {
        name: EntryName::new(IMAGE_NAME).ok_or(Error::Job("an image without a name"))?,
        meta: owner_only(0o600),
        node: Node::File(Content { parts }),
        link_group: None,
    };
    let mut pieces = Pieces::default();
    pieces.add(store, &session.job.cut_key, &entry)?;
    Ok(Root {
        meta: owner_only(0o700),
        pieces: pieces.finish(store)?,
    })
}
