//! What a restore has done so far: counted by all threads, told to dom0.

use crate::dom0::Dom0;
use crate::number::wide;
use qib_rpc::count::Counts;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// What was fetched now.
#[derive(Clone, Copy, Debug)]
pub struct Fetched {
    /// Objects that were not open.
    pub objects: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// What was done so far.
pub struct Tally<'a, W> {
    counts: Mutex<Counts>,
    dom0: &'a Dom0<W>,
}

impl<'a, W: Write + Send + 'static> Tally<'a, W> {
    /// Nothing yet.
    pub fn new(dom0: &'a Dom0<W>) -> Self {
        Self {
            counts: Mutex::default(),
            dom0,
        }
    }

    /// Changes the counts and tells dom0.
    pub fn count(&self, change: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut counts);
        self.dom0.count(&counts);
    }

    /// Counts an object that was fetched.
    pub fn object(&self, object: &[u8]) {
        self.fetched(Fetched {
            objects: 1,
            bytes: wide(object.len()),
        });
    }

    /// Counts what was fetched.
    pub fn fetched(&self, fetched: Fetched) {
        self.count(|counts| {
            counts.objects = counts.objects.saturating_add(fetched.objects);
            counts.bytes_stored = counts.bytes_stored.saturating_add(fetched.bytes);
        });
    }

    /// The counts.
    pub fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
