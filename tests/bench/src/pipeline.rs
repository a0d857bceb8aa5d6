//! The machine's own limit for a first run: what has to be done with the bytes, without disks,
//! file systems, names and processes. The data lies in memory; all processors work on it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result};
use qib_helper::chunk_id::ChunkId;
use qib_helper::cut::{Cutter, WHOLE_BYTES};
use qib_helper::pack::{OpenFrame, OpenPack, Zstd};
use qib_helper::seal::{OpenWith, SealTo};
use qib_rpc::key::{ChunkKey, CutKey, IndexSeed};

use crate::results::Figures;

/// Measures reading, cutting, identifying, compressing and sealing of all files below `volume`.
pub(crate) fn measure(volume: &Path) -> Result<Figures> {
    let mut files = Vec::new();
    load(volume, &mut files)?;
    // A long file that comes last would leave all processors but one idle.
    files.sort_by_key(|file| std::cmp::Reverse(file.len()));
    let seed = OpenWith::seed(&IndexSeed::new([3; 32])).context("no identity")?;
    let shared = Shared {
        files,
        next: AtomicUsize::new(0),
        known: Mutex::new(HashSet::new()),
        cutter: Cutter::new(&CutKey::new([1; 32])),
        key: ChunkKey::new([2; 32]),
        to: SealTo::identity(&seed),
    };
    let threads = thread::available_parallelism()?.get();
    let began = Instant::now();
    let sealed = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| Worker::new(&shared)?.work()))
            .collect();
        let join = |worker: thread::ScopedJoinHandle<'_, io::Result<u64>>| {
            let sealed = worker.join().ok().context("a worker died")?;
            Ok::<u64, anyhow::Error>(sealed?)
        };
        workers.into_iter().map(join).sum::<Result<u64>>()
    })?;
    Ok(Figures {
        seconds: Some(began.elapsed().as_secs_f64()),
        stored_bytes: Some(sealed),
        sent_bytes: Some(sealed),
        ..Figures::default()
    })
}

fn load(folder: &Path, files: &mut Vec<Vec<u8>>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            load(&entry.path(), files)?;
        } else if kind.is_file() {
            files.push(fs::read(entry.path())?);
        }
    }
    Ok(())
}

struct Shared {
    files: Vec<Vec<u8>>,
    next: AtomicUsize,
    /// Chunks that were seen; a second one is identified and no more.
    known: Mutex<HashSet<ChunkId>>,
    cutter: Cutter,
    key: ChunkKey,
    to: SealTo,
}

struct Worker<'a> {
    shared: &'a Shared,
    frame: OpenFrame,
    zstd: Zstd,
    pack: OpenPack,
    /// Memory of the pack before.
    memory: Vec<u8>,
    sealed: u64,
}

impl<'a> Worker<'a> {
    fn new(shared: &'a Shared) -> io::Result<Self> {
        Ok(Self {
            shared,
            frame: OpenFrame::default(),
            zstd: Zstd::new(Default::default())?,
            pack: OpenPack::new(&shared.to, Vec::new())?,
            memory: Vec::new(),
            sealed: 0,
        })
    }

    fn work(mut self) -> io::Result<u64> {
        let mut buffer = Vec::new();
        loop {
            let next = self.shared.next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = self.shared.files.get(next) else {
                break;
            };
            // Stands for the read: the bytes are moved once.
            buffer.clear();
            buffer.extend_from_slice(file);
            self.file(&buffer)?;
        }
        self.close_frame()?;
        self.close_pack()?;
        Ok(self.sealed)
    }

    fn file(&mut self, mut run: &[u8]) -> io::Result<()> {
        while !run.is_empty() {
            let length = if run.len() <= WHOLE_BYTES {
                run.len()
            } else {
                self.shared.cutter.first(run)
            };
            let Some((chunk, rest)) = run.split_at_checked(length) else {
                break;
            };
            self.chunk(chunk)?;
            run = rest;
        }
        Ok(())
    }

    fn chunk(&mut self, chunk: &[u8]) -> io::Result<()> {
        let id = ChunkId::of(&self.shared.key, chunk);
        let known = self.shared.known.lock();
        let is_new = known.unwrap_or_else(PoisonError::into_inner).insert(id);
        if !is_new {
            return Ok(());
        }
        if self.frame.is_full_for(chunk.len()) {
            self.close_frame()?;
        }
        self.frame.push(id, chunk, 0)
    }

    fn close_frame(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        self.pack.push(&self.frame.pack(&mut self.zstd)?)?;
        self.frame.clear();
        if self.pack.is_full() {
            self.close_pack()?;
        }
        Ok(())
    }

    fn close_pack(&mut self) -> io::Result<()> {
        let next = OpenPack::new(&self.shared.to, std::mem::take(&mut self.memory))?;
        let (mut sealed, _) = std::mem::replace(&mut self.pack, next).finish()?;
        let bytes = u64::try_from(sealed.bytes.len()).unwrap_or(u64::MAX);
        self.sealed = self.sealed.saturating_add(bytes);
        sealed.bytes.clear();
        self.memory = sealed.bytes;
        Ok(())
    }
}
