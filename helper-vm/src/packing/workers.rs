//! The threads that compress and seal.

use super::{SealedPack, Sink};
use crate::error::{Error, Result};
use crate::number::wide;
use crate::pack::{OpenFrame, OpenPack, PackedFrame, Zstd};
use crate::seal::SealTo;
use crate::snapshot::Holds;
use qib_rpc::compression::Compression;
use std::io;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

type Job = (Holds, OpenFrame);

/// The threads, seen from outside.
pub(super) struct Workers {
    jobs: SyncSender<Job>,
    shared: Arc<Shared>,
}

struct Shared {
    to: SealTo,
    sink: Sink,
    sealed: Mutex<Sender<Result<SealedPack>>>,
    data: Mutex<Option<OpenPack>>,
    manifest: Mutex<Option<OpenPack>>,
    /// Frames that are sent and not yet in a pack.
    pending: Mutex<u64>,
    pending_changed: Condvar,
    /// Frames that were packed: their memory serves the next ones.
    spare: Mutex<Vec<OpenFrame>>,
    /// Held while a pack is handed over: two at once would be memory for two.
    handing_over: Mutex<()>,
}

impl Workers {
    pub(super) fn start(
        to: SealTo,
        sink: Sink,
        compression: Compression,
    ) -> io::Result<(Self, Receiver<Result<SealedPack>>)> {
        let (sender, sealed) = mpsc::channel();
        let shared = Arc::new(Shared {
            to,
            sink,
            sealed: Mutex::new(sender),
            data: Mutex::new(None),
            manifest: Mutex::new(None),
            pending: Mutex::new(0),
            pending_changed: Condvar::new(),
            spare: Mutex::new(Vec::new()),
            handing_over: Mutex::new(()),
        });
        let threads = thread::available_parallelism().map_or(1, |count| count.get().min(8));
        let (jobs, queue) = mpsc::sync_channel(1);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let (shared, queue) = (Arc::clone(&shared), Arc::clone(&queue));
            let mut zstd = Zstd::new(compression)?;
            thread::Builder::new().spawn(move || work(&shared, &queue, &mut zstd))?;
        }
        Ok((Self { jobs, shared }, sealed))
    }

    /// Sends a frame and puts an empty one in its place.
    pub(super) fn send(&self, holds: Holds, frame: &mut OpenFrame) {
        let empty = lock(&self.shared.spare).pop().unwrap_or_default();
        let frame = std::mem::replace(frame, empty);
        self.shared
            .count_pending(|pending| pending.saturating_add(1));
        // The threads end only after this sender is gone.
        let _sent = self.jobs.send((holds, frame));
    }

    pub(super) fn flush(&self) -> Result<()> {
        let pending = lock(&self.shared.pending);
        let waited = self
            .shared
            .pending_changed
            .wait_while(pending, |pending| *pending > 0);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        for pack in [&self.shared.data, &self.shared.manifest] {
            if let Some(pack) = lock(pack).take() {
                self.shared.seal(pack)?;
            }
        }
        Ok(())
    }
}

fn work(shared: &Shared, queue: &Mutex<Receiver<Job>>, zstd: &mut Zstd) {
    loop {
        let job = lock(queue).recv();
        let Ok((holds, mut frame)) = job else { return };
        let done = frame
            .pack(zstd)
            .map_err(Error::Helper)
            .and_then(|frame| shared.collect(holds, &frame));
        frame.clear();
        lock(&shared.spare).push(frame);
        if let Err(error) = done {
            let _main_may_have_ended = lock(&shared.sealed).send(Err(error));
        }
        shared.count_pending(|pending| pending.saturating_sub(1));
    }
}

impl Shared {
    fn collect(&self, holds: Holds, frame: &PackedFrame<'_>) -> Result<()> {
        let pack = match holds {
            Holds::Data => &self.data,
            Holds::Manifest => &self.manifest,
        };
        let full = {
            let mut pack = lock(pack);
            let mut open = match pack.take() {
                Some(open) => open,
                None => OpenPack::new(&self.to, self.sink.memory()).map_err(Error::Helper)?,
            };
            open.push(frame).map_err(Error::Helper)?;
            if open.is_full() {
                Some(open)
            } else {
                *pack = Some(open);
                None
            }
        };
        full.map_or(Ok(()), |full| self.seal(full))
    }

    fn seal(&self, pack: OpenPack) -> Result<()> {
        let _one_at_a_time = lock(&self.handing_over);
        let (object, placed) = pack.finish().map_err(Error::Helper)?;
        let sealed = SealedPack {
            digest: object.name.digest,
            bytes: wide(object.bytes.len()),
            placed,
        };
        if let Sink::Storage(storage) = &self.sink {
            storage.put(object)?;
        }
        lock(&self.sealed)
            .send(Ok(sealed))
            .map_err(|_| Error::thread_gone())
    }

    fn count_pending(&self, change: impl FnOnce(u64) -> u64) {
        let mut pending = lock(&self.pending);
        *pending = change(*pending);
        self.pending_changed.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
