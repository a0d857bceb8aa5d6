//! Opening packs on all processors: each thread takes the next pack, opens it, decompresses it,
//! and hands its chunks on in groups once their ids were checked.
//!
//! Groups are handed on in the order of packs and of chunks in them, always the same, by one
//! thread at a time; what is then left to do with a group is done by all at once.

use super::packs::{Arriving, Pack};
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::pack;
use crate::seal::OpenWith;
use qib_rpc::key::ChunkKey;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Each thread holds a pack: more would be much memory.
const MAX_THREADS: usize = 8;

/// Threads for each processor: some wait for the disk.
const PER_PROCESSOR: usize = 2;

/// Chunks are handed on together up to so many bytes.
const GROUP_BYTES: usize = 4 << 20;

/// A chunk whose id was checked.
pub type Chunk = (ChunkId, Vec<u8>);

/// What is left to do with a group that was taken.
pub type Later<'g> = Box<dyn FnOnce() -> Result<()> + 'g>;

/// Takes groups of chunks, in order.
pub trait Take: Sync {
    /// Takes one; what is left to do may be done beside what comes next.
    ///
    /// # Errors
    /// Why nothing more should come.
    fn take<'g>(&'g self, chunks: &'g [Chunk]) -> Result<Later<'g>>;
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
    let turns = Turns::default();
    let open_next = || {
        let Some(pack) = packs.next()? else {
            return Ok(false);
        };
        fetched(&pack);
        let mut groups = Groups {
            number: pack.number,
            turns: &turns,
            take,
            chunks: Vec::new(),
            bytes: 0,
        };
        open(&pack, with, key, &mut groups)?;
        groups.finish().map(|()| true)
    };
    let work =
        || while !turns.has_failed() && open_next().unwrap_or_else(|error| turns.fail(error)) {};
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

/// Whose turn it is to hand on groups: that of the first pack which is not done.
#[derive(Default)]
struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    done: u64,
    failed: Option<Error>,
}

impl Turns {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn of a pack; false when all has failed meanwhile.
    fn wait(&self, number: u64) -> bool {
        let is_early = |state: &mut State| state.done < number && state.failed.is_none();
        let state = self.changed.wait_while(self.state(), is_early);
        let state = state.unwrap_or_else(PoisonError::into_inner);
        state.failed.is_none()
    }

    /// The pack whose turn it is has handed on everything.
    fn pass_on(&self) {
        let mut state = self.state();
        state.done = state.done.saturating_add(1);
        self.changed.notify_all();
    }

    /// Keeps the first error; nothing goes on after it.
    fn fail(&self, error: Error) -> bool {
        self.state().failed.get_or_insert(error);
        self.changed.notify_all();
        false
    }

    fn has_failed(&self) -> bool {
        self.state().failed.is_some()
    }

    fn ended(self) -> Result<()> {
        let state = self.state.into_inner();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        state.failed.map_or(Ok(()), Err)
    }
}

/// The chunks of one pack on their way.
struct Groups<'a> {
    number: u64,
    turns: &'a Turns,
    take: &'a dyn Take,
    chunks: Vec<Chunk>,
    bytes: usize,
}

impl Groups<'_> {
    fn push(&mut self, chunk: Chunk) -> Result<()> {
        self.bytes = self.bytes.saturating_add(chunk.1.len());
        self.chunks.push(chunk);
        if self.bytes < GROUP_BYTES {
            return Ok(());
        }
        self.hand_on(false)
    }

    fn finish(mut self) -> Result<()> {
        self.hand_on(true)
    }

    fn hand_on(&mut self, is_last: bool) -> Result<()> {
        let chunks = std::mem::take(&mut self.chunks);
        self.bytes = 0;
        if !self.turns.wait(self.number) {
            return Ok(());
        }
        let later = self.take.take(&chunks)?;
        if is_last {
            self.turns.pass_on();
        }
        later()
    }
}

fn open(pack: &Pack, with: &OpenWith, key: &ChunkKey, groups: &mut Groups<'_>) -> Result<()> {
    let done = pack::each_chunk(&pack.bytes, with, key, |chunk, plain| {
        groups.push((chunk, plain)).map_err(Ended::Other)
    });
    done.map_err(|ended| match ended {
        Ended::Format(error) => Error::Object(pack.digest, error),
        Ended::Other(error) => error,
    })
}

enum Ended {
    Format(FormatError),
    Other(Error),
}

impl From<FormatError> for Ended {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}
