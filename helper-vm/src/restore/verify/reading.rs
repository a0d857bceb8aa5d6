//! Reading data by threads, beside the walk that says where it must lie.

use super::Fs;
use super::batch::{Batch, Part};
use crate::aligned::Memory;
use crate::error::{Error, Result};
use qib_rpc::key::ChunkKey;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Threads that read data, at most: each holds a batch.
const MAX_THREADS: usize = 8;

/// So many parts are put in the order in which they lie on the volume before they are read.
const MAX_PARTS: usize = 1 << 18;

/// Data that is to be read.
pub struct Reading<'a> {
    parts: Vec<Part>,
    to: &'a SyncSender<Batch>,
}

/// Reads what `walk` adds; says whether each is what it must be.
///
/// # Errors
/// What `walk` returns, or when no thread can be started.
pub fn beside(
    fs: &Fs,
    key: &ChunkKey,
    walk: impl FnOnce(Reading<'_>) -> Result<()>,
) -> Result<bool> {
    let good = AtomicBool::new(true);
    let threads = thread::available_parallelism().map_or(1, |count| count.get().min(MAX_THREADS));
    let (sender, receiver) = sync_channel(threads);
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        // Dropped at the end, which ends the threads.
        let to = sender;
        for _ in 0..threads {
            let reading = || read_some(&receiver, fs, key, &good);
            let begun = thread::Builder::new().spawn_scoped(scope, reading);
            begun.map_err(Error::Helper)?;
        }
        let parts = Vec::new();
        walk(Reading { parts, to: &to })
    })?;
    Ok(good.into_inner())
}

impl Reading<'_> {
    /// Adds parts of a file.
    ///
    /// # Errors
    /// When no thread is left that would read them.
    pub fn add(&mut self, parts: Vec<Part>) -> Result<()> {
        self.parts.extend(parts);
        if self.parts.len() < MAX_PARTS {
            return Ok(());
        }
        self.send_all()
    }

    /// Everything was added.
    ///
    /// # Errors
    /// As [`Reading::add`].
    pub fn finish(mut self) -> Result<()> {
        self.send_all()
    }

    fn send_all(&mut self) -> Result<()> {
        self.parts.sort_unstable_by_key(Part::start);
        let mut batch = Batch::default();
        for part in std::mem::take(&mut self.parts) {
            if let Some(part) = batch.add(part) {
                self.send(std::mem::take(&mut batch))?;
                batch.add(part);
            }
        }
        self.send(batch)
    }

    fn send(&self, batch: Batch) -> Result<()> {
        self.to.send(batch).map_err(|_| Error::thread_gone())
    }
}

/// Tests batches until no more come. After one that differs the others are only taken.
fn read_some(receiver: &Mutex<Receiver<Batch>>, fs: &Fs, key: &ChunkKey, good: &AtomicBool) {
    let mut memory = Memory::default();
    let next = || {
        let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
        receiver.recv().ok()
    };
    while let Some(batch) = next() {
        let is_good = good.load(Ordering::Relaxed)
            && batch
                .is_as_it_must_be(fs, key, &mut memory)
                .unwrap_or(false);
        good.fetch_and(is_good, Ordering::Relaxed);
    }
}
