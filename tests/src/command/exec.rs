//! `qib-lab exec`

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::daemon::launch;
use crate::dom0::enter;
use crate::layout::Layout;

/// Becomes the command, so that streams, signals and the exit code are its own.
pub(crate) fn main(dir: &Path, program: &OsString, arguments: &[OsString]) -> Result<ExitCode> {
    let daemon = launch::ensure(&Layout::existing(dir)?)?;
    enter::exec(daemon, program, arguments)?;
    Ok(ExitCode::FAILURE)
}
