//! Packing: frames are compressed on all processors, collected into packs, and
//! handed to the storage while the next data is read.

mod workers;

use crate::chunk_id::ChunkId;
use crate::error::{Error, Result};
use crate::pack::{OpenFrame, Placed};
use crate::seal::SealTo;
use crate::snapshot::Holds;
use crate::storage::Putting;
use qib_rpc::compression::Compression;
use qib_rpc::id::Digest;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use workers::Workers;

/// Where packs go.
#[derive(Clone)]
pub enum Sink {
    /// To the storage qube.
    Storage(Arc<Putting>),
    /// Nowhere: a dry run.
    Nowhere,
}

impl Sink {
    /// Memory for the next object.
    fn memory(&self) -> Vec<u8> {
        match self {
            Self::Storage(storage) => storage.memory(),
            Self::Nowhere => Vec::new(),
        }
    }
}

/// A pack that is on its way to the storage.
#[derive(Debug)]
pub struct SealedPack {
    /// Its digest.
    pub digest: Digest,
    /// Length of the object.
    pub bytes: u64,
    /// Where its chunks lie.
    pub placed: Vec<Placed>,
}

/// Takes chunks, gives packs.
pub struct Packing {
    data: OpenFrame,
    manifest: OpenFrame,
    workers: Workers,
    sealed: Receiver<Result<SealedPack>>,
}

impl Packing {
    /// Begins.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn new(to: SealTo, sink: Sink, compression: Compression) -> Result<Self> {
        let (workers, sealed) = Workers::start(to, sink, compression).map_err(Error::Helper)?;
        Ok(Self {
            data: OpenFrame::default(),
            manifest: OpenFrame::default(),
            workers,
            sealed,
        })
    }

    /// Adds a chunk, which the caller knows as `row`.
    ///
    /// # Errors
    /// When an earlier chunk could not be packed or stored.
    pub fn push(&mut self, holds: Holds, id: ChunkId, plain: &[u8], row: u32) -> Result<()> {
        let frame = match holds {
            Holds::Data => &mut self.data,
            Holds::Manifest => &mut self.manifest,
        };
        if frame.is_full_for(plain.len()) {
            self.workers.send(holds, frame);
        }
        frame.push(id, plain, row).map_err(Error::Helper)
    }

    /// The next pack that was sealed, if one was by now.
    ///
    /// # Errors
    /// When a chunk could not be packed or stored.
    pub fn sealed(&mut self) -> Result<Option<SealedPack>> {
        match self.sealed.try_recv() {
            Ok(sealed) => sealed.map(Some),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(Error::thread_gone()),
        }
    }

    /// Closes all packs; [`Packing::sealed`] returns them.
    ///
    /// # Errors
    /// When a chunk could not be packed or stored.
    pub fn flush(&mut self) -> Result<()> {
        for (holds, frame) in [
            (Holds::Data, &mut self.data),
            (Holds::Manifest, &mut self.manifest),
        ] {
            if !frame.is_empty() {
                self.workers.send(holds, frame);
            }
        }
        self.workers.flush()
    }
}
