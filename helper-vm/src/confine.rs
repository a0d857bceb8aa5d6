//! What a helper can no longer do once its devices and its call are open: from then on it
//! works on what a qube or a storage qube wrote. How is in `qib-confine`.

mod calls;
mod paths;

use crate::error::{Error, Result};
use qib_confine::calls::{ALWAYS, READING_PATHS};
use qib_confine::filter::{self, Narrow};
use qib_confine::limits::Limits;
use qib_confine::power::{self, CapabilitySet};
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

/// The way down to a file may be long in open folders; memory is what a disposable has at the most.
const LIMITS: Limits = Limits {
    files: 4096,
    memory: 32 << 30,
};

/// What a helper needs after it was confined.
#[derive(Clone, Copy, Debug)]
pub enum Needs<'a> {
    /// What is open, processors and memory.
    Nothing,
    /// To read files below an open folder, and to open the device that they lie on.
    Tree {
        /// The folder.
        root: BorrowedFd<'a>,
        /// The device.
        device: &'a Path,
    },
    /// To fill a volume: the programs of e2fsprogs, and mounts.
    Volume,
}

impl Needs<'_> {
    const fn calls(&self) -> &'static [&'static [i64]] {
        match self {
            Self::Nothing => &[ALWAYS],
            Self::Tree { .. } => &[ALWAYS, READING_PATHS],
            Self::Volume => &[ALWAYS, READING_PATHS, calls::WRITING],
        }
    }

    const fn power(&self) -> CapabilitySet {
        match self {
            Self::Nothing => CapabilitySet::empty(),
            // To read every file, and attributes that only root sees.
            Self::Tree { .. } => CapabilitySet::DAC_READ_SEARCH.union(CapabilitySet::SYS_ADMIN),
            // Files come back with their owners, devices and attributes.
            Self::Volume => CapabilitySet::all(),
        }
    }
}

/// Confines the helper, but for its needs; `calls` are its calls' processes, which it may end.
///
/// No other thread may run: new ones inherit it.
///
/// # Errors
/// When the kernel refuses.
pub fn confine(needs: Needs<'_>, calls: &[u32]) -> Result<()> {
    let narrow = Narrow::always().and_end(calls);
    let narrow = match needs {
        Needs::Volume => narrow,
        Needs::Nothing | Needs::Tree { .. } => narrow.without_programs(),
    };
    let confined = || {
        LIMITS.set()?;
        paths::restrict(needs).map_err(io::Error::other)?;
        power::reduce(needs.power())?;
        filter::install(needs.calls(), narrow).map_err(io::Error::other)
    };
    confined().map_err(Error::Helper)
}
