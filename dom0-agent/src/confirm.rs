//! A question to the person at the terminal.

use crate::error::{Error, Result};
use crate::stop::{Stop, Watched};
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Write, stderr, stdin};
use std::os::fd::AsFd;
use std::time::Duration;

/// Longer than any answer.
const LONGEST: usize = 100;

/// A person may think about it for a while.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// True when the answer is yes; anything else is no.
///
/// # Errors
/// When there is nobody to ask.
pub fn ask(question: &str) -> Result<bool> {
    answer(question, stdin().lock())
}

/// The same where signals do not end the process but are noticed.
///
/// # Errors
/// When there is nobody to ask, or somebody asks to stop.
pub fn ask_or_stop(question: &str, stop: &Stop) -> Result<bool> {
    let input = stdin().as_fd().try_clone_to_owned().map(File::from);
    let input = input.map_err(|_| Error::NobodyToAsk)?;
    answer(question, Watched::new(input, stop.clone(), PATIENCE))
}

fn answer(question: &str, input: impl Read) -> Result<bool> {
    if !stdin().is_terminal() {
        return Err(Error::NobodyToAsk);
    }
    let asked = write!(stderr(), "{question} [y/N] ").and_then(|()| stderr().flush());
    let line = asked.and_then(|()| line(input));
    let line = line.map_err(|error| match error.kind() {
        ErrorKind::ConnectionAborted => Error::Stopped,
        _ => Error::NobodyToAsk,
    })?;
    let is = |yes: &&[u8]| line.trim_ascii().eq_ignore_ascii_case(yes);
    Ok([b"y".as_slice(), b"yes"].iter().any(is))
}

fn line(mut input: impl Read) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < LONGEST && input.read(&mut byte)? == 1 && byte != *b"\n" {
        line.extend(byte);
    }
    Ok(line)
}
