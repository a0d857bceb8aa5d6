//! dom0's `notify-send`: who was shown what lies in a file, for tests to read.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

/// One line for each notification: the user's number, the bus, and all words.
pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let user = rustix::process::getuid();
    let bus = std::env::var("DBUS_SESSION_BUS_ADDRESS").unwrap_or_default();
    let words: Vec<String> = arguments.iter().map(|word| format!("{word:?}")).collect();
    let mut shown = std::fs::File::options().append(true).open(SHOWN)?;
    writeln!(shown, "{} {bus} {}", user.as_raw(), words.join(" "))?;
    Ok(ExitCode::SUCCESS)
}

/// Everyone in dom0 may write to it.
pub(crate) const SHOWN: &str = "/run/qib-lab/notifications";
