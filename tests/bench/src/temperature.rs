//! Cold and warm: what the machine remembers before a run.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What the machine remembers of a volume before a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Temperature {
    /// Nothing.
    Cold,
    /// As much as fits into memory.
    Warm,
}

impl Temperature {
    pub(crate) const ALL: [Self; 2] = [Self::Cold, Self::Warm];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
        }
    }
}

/// Writes everything back and forgets it: the pages of files, of loop devices and of the files
/// below them, names and inodes.
pub(crate) fn drop_caches() -> Result<()> {
    rustix::fs::sync();
    fs::write("/proc/sys/vm/drop_caches", "3").context("dropping caches needs root")
}

/// Reads every file below a mounted volume once, and with that every layer below it.
pub(crate) fn read_all(volume: &Path) -> Result<()> {
    rustix::fs::sync();
    // tar does not read a file when it sees that its output is /dev/null.
    let mut command = Command::new("sh");
    command
        .args(["-c", "tar -C \"$1\" -cf - . | cat > /dev/null", "sh"])
        .arg(volume)
        .stdin(Stdio::null())
        // A socket is no file for tar, and it says so.
        .stderr(Stdio::null());
    ensure!(command.status()?.success(), "reading the volume failed");
    Ok(())
}
