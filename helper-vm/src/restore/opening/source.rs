//! Where frames come from: packs, opened one after the other by the thread that needs the next.

use crate::error::{Error, Result};
use crate::pack::Frames;
use crate::restore::packs::{Arriving, Pack};
use crate::seal::OpenWith;
use qib_rpc::id::Digest;
use std::sync::{Arc, Mutex, PoisonError};

/// Frames in order. Shared by threads.
pub struct Source<'a, F> {
    packs: &'a Arriving,
    with: &'a OpenWith,
    fetched: F,
    /// The frame that was given out last.
    last: Mutex<Option<Next>>,
}

/// A frame that is to be read.
#[derive(Clone)]
pub struct Next {
    /// Its place in the order of all frames.
    pub number: u64,
    /// Its pack.
    pub pack: Arc<Opened>,
    /// Its place in the pack.
    frame: usize,
}

/// A pack whose frames are being read.
pub struct Opened {
    /// Which.
    pub digest: Digest,
    frames: Frames,
}

impl<'a, F: Fn(&Pack)> Source<'a, F> {
    /// All frames of these packs; `fetched` sees each pack before it is opened.
    pub fn new(packs: &'a Arriving, with: &'a OpenWith, fetched: F) -> Self {
        Self {
            packs,
            with,
            fetched,
            last: Mutex::default(),
        }
    }

    /// The next frame; none after the last.
    ///
    /// # Errors
    /// When a pack can not be fetched or opened.
    pub fn next(&self) -> Result<Option<Next>> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.take();
        let number = before
            .as_ref()
            .map_or(0, |before| before.number.saturating_add(1));
        *last = match before {
            Some(before) if !before.is_last() => Some(Next {
                number,
                frame: before.frame.saturating_add(1),
                ..before
            }),
            before => {
                if let Some(before) = before {
                    self.read(before);
                }
                self.open()?.map(|opened| Next {
                    number,
                    pack: Arc::new(opened),
                    frame: 0,
                })
            }
        };
        Ok(last.clone())
    }

    /// A frame was read. Whoever read the last of a pack makes its memory free.
    pub fn read(&self, next: Next) {
        if let Some(opened) = Arc::into_inner(next.pack) {
            self.packs.spare.keep(opened.frames.into_memory());
        }
    }

    fn open(&self) -> Result<Option<Opened>> {
        let Some(pack) = self.packs.next()? else {
            return Ok(None);
        };
        (self.fetched)(&pack);
        let digest = pack.digest;
        let frames = Frames::open(&pack.bytes, self.with, self.packs.spare.take());
        self.packs.spare.keep(pack.bytes);
        let frames = frames.map_err(|error| Error::Object(digest, error))?;
        Ok(Some(Opened { digest, frames }))
    }
}

impl Next {
    /// Its bytes.
    pub fn untrusted_bytes(&self) -> &[u8] {
        self.pack.frames.get(self.frame).unwrap_or_default()
    }

    /// True for the last of its pack.
    pub fn is_last(&self) -> bool {
        self.frame.saturating_add(1) >= self.pack.frames.count()
    }
}
