//! Opening packs on all processors: each thread takes the next pack, opens it,
//! decompresses it, and hands every chunk on once its id was checked.
//!
//! Who takes the chunks decides what becomes of them; they come in no order.

use super::packs::{Arriving, Pack};
use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::format_error::FormatError;
use crate::pack;
use crate::seal::OpenWith;
use qib_rpc::key::ChunkKey;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Each thread holds a pack: more would be much memory.
const MAX_THREADS: usize = 8;

/// Opens all packs: `fetched` sees each before it is opened, `take` every chunk.
///
/// # Errors
/// What ended it first: a pack that can not be fetched or is damaged, or what `take` returned.
pub fn open_all(
    packs: &Arriving,
    with: &OpenWith,
    key: &ChunkKey,
    fetched: impl Fn(&Pack) + Sync,
    take: impl Fn(&ChunkId, &[u8]) -> Result<()> + Sync,
) -> Result<()> {
    let failed = Mutex::new(None);
    let open_next = || {
        let Some(pack) = packs.next()? else {
            return Ok(false);
        };
        fetched(&pack);
        open(&pack, with, key, &take).map(|()| true)
    };
    let work = || {
        while !has_failed(&failed) && open_next().unwrap_or_else(|error| fail(&failed, error)) {}
    };
    let threads = thread::available_parallelism().map_or(1, |count| count.get().min(MAX_THREADS));
    thread::scope(|scope| {
        for _ in 0..threads {
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, work) {
                fail(&failed, Error::Helper(error));
            }
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.map_or(Ok(()), Err)
}

fn has_failed(failed: &Mutex<Option<Error>>) -> bool {
    let failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
    failed.is_some()
}

/// Keeps the first error; nothing goes on after it.
fn fail(failed: &Mutex<Option<Error>>, error: Error) -> bool {
    let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
    failed.get_or_insert(error);
    false
}

fn open(
    pack: &Pack,
    with: &OpenWith,
    key: &ChunkKey,
    take: impl Fn(&ChunkId, &[u8]) -> Result<()>,
) -> Result<()> {
    let done = pack::each_chunk(&pack.bytes, with, key, |chunk, plain| {
        take(&chunk, plain).map_err(Ended::Other)
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
