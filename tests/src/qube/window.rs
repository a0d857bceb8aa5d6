//! What opens a window in a disposable: a file manager, a terminal. A qube of the lab has no screen;
//! this notes what was opened, and where.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

const NOTE: &str = "/run/qib/window";

pub(crate) fn main(name: &Path, arguments: &[OsString]) -> Result<ExitCode> {
    // What no terminal of dom0's should see.
    print!("\x1b[2Jnoise of a qube");
    let folder = std::env::current_dir()?;
    let words = arguments.iter().map(|word| word.to_string_lossy());
    let words: Vec<_> = words.collect();
    let note = format!(
        "{} {} in {}",
        name.display(),
        words.join(" "),
        folder.display()
    );
    fs::write(NOTE, note)?;
    Ok(ExitCode::SUCCESS)
}
