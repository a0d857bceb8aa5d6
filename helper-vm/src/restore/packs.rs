//! Fetching packs one ahead: the next one arrives while this one is written.

use crate::error::{Error, Result};
use crate::snapshot::{Holds, Snapshot};
use crate::storage::Fetching;
use qib_rpc::id::Digest;
use qib_rpc::object::{Kind, ObjectName};
use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

/// A pack with the digest of its name.
pub struct Pack {
    /// Which.
    pub digest: Digest,
    /// The stored bytes.
    pub bytes: Vec<u8>,
}

/// Packs on their way.
pub struct Packs {
    arriving: Receiver<Result<Pack>>,
}

impl Packs {
    /// Begins to fetch the manifest's packs, then those with data.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn fetch<R, W>(mut from: Fetching<R, W>, snapshot: &Snapshot) -> Result<Self>
    where
        R: Read + Send + 'static,
        W: Write + Send + 'static,
    {
        let packs = |holds| {
            let those = snapshot
                .packs
                .iter()
                .filter(move |pack| pack.holds == holds);
            those.map(|pack| pack.digest)
        };
        let digests: Vec<Digest> = packs(Holds::Manifest).chain(packs(Holds::Data)).collect();
        // One pack waits here, one arrives, one is in use: some 60 MiB.
        let (sender, arriving) = sync_channel(1);
        let fetch_all = move || {
            for digest in digests {
                let kind = Kind::Pack;
                let fetched = from.fetch(ObjectName { kind, digest });
                let fetched = fetched.map(|bytes| Pack { digest, bytes });
                let failed = fetched.is_err();
                if sender.send(fetched).is_err() || failed {
                    return;
                }
            }
        };
        thread::Builder::new()
            .spawn(fetch_all)
            .map_err(Error::Helper)?;
        Ok(Self { arriving })
    }

    /// Hands the next `count` packs to `take`, one after the other.
    ///
    /// # Errors
    /// When a pack can not be fetched, or what `take` returns.
    pub fn each(&self, count: usize, mut take: impl FnMut(&Pack) -> Result<()>) -> Result<()> {
        for _ in 0..count {
            let lost = || Err(Error::Helper(std::io::ErrorKind::BrokenPipe.into()));
            take(&self.arriving.recv().unwrap_or_else(|_| lost())?)?;
        }
        Ok(())
    }
}
