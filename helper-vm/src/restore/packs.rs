//! Fetching packs, each whole and once, in order, ahead of those who open them.

use crate::error::{Error, Result};
use crate::snapshot::{Holds, Snapshot};
use crate::storage::Fetching;
use qib_rpc::id::Digest;
use qib_rpc::object::{Kind, ObjectName};
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Packs that wait to be opened. One more arrives meanwhile, and one is open, or for a moment two.
const AHEAD: usize = 1;

/// A pack with the digest of its name.
pub struct Pack {
    /// Which.
    pub digest: Digest,
    /// The stored bytes.
    pub bytes: Vec<u8>,
}

/// Packs on their way.
pub struct Packs {
    /// Those with the manifest, which come first.
    pub manifest: Arriving,
    /// Those with data.
    pub data: Arriving,
    /// Told which those are.
    ask: SyncSender<Vec<Digest>>,
}

/// Packs on their way that hold the same. Shared by threads.
pub struct Arriving {
    packs: Mutex<Receiver<Result<Pack>>>,
    /// Memory that served a pack and may serve another.
    pub spare: Arc<Spare>,
}

/// Memory that may serve packs.
#[derive(Default)]
pub struct Spare(Mutex<Vec<Vec<u8>>>);

impl Packs {
    /// Begins to fetch the manifest's packs, then those with data.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn fetch<R, W>(from: Fetching<R, W>, snapshot: &Snapshot) -> Result<Self>
    where
        R: Read + Send + 'static,
        W: Write + Send + 'static,
    {
        let packs = Self::fetch_manifest(from, snapshot)?;
        packs.ask(digests(snapshot, Holds::Data));
        Ok(packs)
    }

    /// Begins to fetch the manifest's packs, then those that are asked for.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn fetch_manifest<R, W>(mut from: Fetching<R, W>, snapshot: &Snapshot) -> Result<Self>
    where
        R: Read + Send + 'static,
        W: Write + Send + 'static,
    {
        let manifest_digests = digests(snapshot, Holds::Manifest);
        let (ask, asked) = sync_channel(1);
        let (to_manifest, manifest) = sync_channel(AHEAD);
        let (to_data, data) = sync_channel(AHEAD);
        let spare = Arc::new(Spare::default());
        let arriving = |packs| Arriving {
            packs: Mutex::new(packs),
            spare: Arc::clone(&spare),
        };
        let (manifest, data) = (arriving(manifest), arriving(data));
        let fetch_all = move || {
            if fetch(&mut from, &manifest_digests, &to_manifest, &spare) {
                drop(to_manifest);
                let data_digests: Vec<Digest> = asked.recv().unwrap_or_default();
                fetch(&mut from, &data_digests, &to_data, &spare);
            }
        };
        thread::Builder::new()
            .spawn(fetch_all)
            .map_err(Error::Helper)?;
        let packs = Self {
            manifest,
            data,
            ask,
        };
        Ok(packs)
    }

    /// Asks for packs with data, once.
    pub fn ask(&self, packs: Vec<Digest>) {
        // Who failed before hears nothing any more, and says why.
        let _heard = self.ask.try_send(packs);
    }
}

/// The packs of a snapshot that hold this, in their order.
pub fn digests(snapshot: &Snapshot, holds: Holds) -> Vec<Digest> {
    let packs = snapshot.packs.iter();
    packs
        .filter(|pack| pack.holds == holds)
        .map(|pack| pack.digest)
        .collect()
}

/// True when all were fetched and somebody took them.
fn fetch<R: Read, W: Write>(
    from: &mut Fetching<R, W>,
    digests: &[Digest],
    to: &SyncSender<Result<Pack>>,
    spare: &Spare,
) -> bool {
    digests.iter().all(|digest| {
        let (kind, digest) = (Kind::Pack, *digest);
        let fetched = from.fetch(ObjectName { kind, digest }, spare.take());
        let fetched = fetched.map(|bytes| Pack { digest, bytes });
        let whole = fetched.is_ok();
        to.send(fetched).is_ok() && whole
    })
}

impl Arriving {
    /// The next pack; none after the last.
    ///
    /// # Errors
    /// When it can not be fetched.
    pub fn next(&self) -> Result<Option<Pack>> {
        let arriving = self.packs.lock().unwrap_or_else(PoisonError::into_inner);
        arriving.recv().ok().transpose()
    }
}

impl Spare {
    /// Some, or none that was used.
    pub fn take(&self) -> Vec<u8> {
        self.all().pop().unwrap_or_default()
    }

    /// Keeps some for later.
    pub fn keep(&self, memory: Vec<u8>) {
        self.all().push(memory);
    }

    fn all(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
