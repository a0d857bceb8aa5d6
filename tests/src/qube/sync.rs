//! `sync` in a qube: the real one would have the whole machine write, not the qube. It notes that
//! it ran, and prints what no terminal of dom0's should see; a file in the qube has it never end.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;

pub(crate) fn main() -> Result<ExitCode> {
    print!("\x1b[2Jnoise of a qube");
    eprint!("\x1b[2Jnoise of a qube");
    fs::write("/rw/synced", "")?;
    while Path::new("/rw/sync-hangs").exists() {
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(ExitCode::SUCCESS)
}
