//! Programs of dom0's that are never ended half-way: each has a process group of its own, which
//! no ^C reaches, and is waited for, however long it takes.

use crate::trace;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// What came of one.
pub struct Said {
    /// Its output, if it succeeded.
    pub output: Option<String>,
    /// The last line of what it said beside.
    pub complaint: String,
}

/// Runs a program to its end.
///
/// # Errors
/// When it can not be started.
pub fn wait(command: &mut Command) -> Result<Said, String> {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    trace::say(format_args!("{}", words.join(" ")));
    let command = command.env("LC_ALL", "C.UTF-8").process_group(0);
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stderr);
    let last = said.lines().last().map(str::trim);
    let complaint = last.unwrap_or("it failed and did not say why").to_owned();
    let output = output.status.success().then(|| text(&output.stdout));
    Ok(Said { output, complaint })
}
