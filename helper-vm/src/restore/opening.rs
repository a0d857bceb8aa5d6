//! Opening packs on all processors: each thread takes the next frame, decompresses it, checks
//! its chunks, and hands them on.
//!
//! Frames are handed on in the order of packs and of frames in them, always the same, by one
//! thread at a time; what is then left to do with their chunks is done by all at once.

mod source;
mod turns;

use super::packs::{Arriving, Pack};
use crate::error::{Error, Result};
use crate::pack::{Chunk, FrameReader};
use crate::seal::OpenWith;
use qib_rpc::key::ChunkKey;
use source::Source;
use std::thread;
use turns::Turns;

/// Each thread holds a frame, and perhaps a copy of what it writes.
const MAX_THREADS: usize = 8;

/// Threads for each processor: some wait for the disk.
const PER_PROCESSOR: usize = 2;

/// What is left to do with chunks that were taken.
pub type Later<'g> = Box<dyn FnOnce() -> Result<()> + 'g>;

/// Takes the chunks of frames, in order.
pub trait Take: Sync {
    /// Takes those of one; what is left to do may be done beside what comes next.
    ///
    /// # Errors
    /// Why nothing more should come.
    fn take<'g>(&'g self, chunks: &'g [Chunk<'g>]) -> Result<Later<'g>>;
}

/// Opens all packs: `fetched` sees each before it is opened, `take` every chunk.
///
/// # Errors
/// What ended it first: a pack that can not be fetched or is damaged, or what `take` returned.
pub fn open_all(
    packs: &Arriving,
    with: &OpenWith,
    key: &ChunkKey,
    fetched: impl Fn(&Pack) + Sync,
    take: &dyn Take,
) -> Result<()> {
    let source = Source::new(packs, with, fetched);
    let turns = Turns::default();
    let work = || {
        let worked = open_some(&source, &turns, key, take);
        worked.unwrap_or_else(|error| turns.fail(error));
    };
    let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = processors.saturating_mul(PER_PROCESSOR).min(MAX_THREADS);
    thread::scope(|scope| {
        for _ in 0..threads {
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, work) {
                turns.fail(Error::Helper(error));
            }
        }
    });
    turns.ended()
}

/// What one thread does, until nothing is left.
fn open_some<F: Fn(&Pack)>(
    source: &Source<'_, F>,
    turns: &Turns,
    key: &ChunkKey,
    take: &dyn Take,
) -> Result<()> {
    let mut reader = FrameReader::new().map_err(Error::Helper)?;
    while let Some(next) = source.next()? {
        let damaged = |error| Error::Object(next.pack.digest, error);
        let frame = reader.read(next.untrusted_bytes(), key).map_err(damaged)?;
        let Some(mut turn) = turns.wait(next.number) else {
            break;
        };
        turn.check(&frame, next.is_last()).map_err(damaged)?;
        source.read(next);
        let later = take.take(&frame.chunks)?;
        turns.pass_on(turn);
        later()?;
    }
    Ok(())
}
