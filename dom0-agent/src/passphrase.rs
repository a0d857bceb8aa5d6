//! The passphrase: asked for at the terminal, or the first line of a file.

use crate::error::{Error, Result};
use crate::letters;
use crate::stop::{Stop, Watched};
use qib_rpc::key::Passphrase;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// Longer than any line may be that is read.
const MAX_LINE_BYTES: usize = 4096;

/// A person may look for the passphrase for a while.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// The passphrase for a new installation; at a terminal it is asked for twice.
///
/// # Errors
/// When there is no terminal and no file, or the two differ.
pub fn choose(file: Option<&Path>, stop: &Stop) -> Result<Passphrase> {
    if let Some(path) = file {
        return from_file(path, stop);
    }
    let first = ask("Choose the passphrase that every restore will need: ", stop)?;
    let second = ask("Enter it again: ", stop)?;
    if first != second {
        return Err(Error::Passphrase(
            "the two passphrases differ; nothing was done".to_owned(),
        ));
    }
    Ok(first)
}

/// The passphrase of this installation.
///
/// # Errors
/// When there is no terminal and no file.
pub fn read(file: Option<&Path>, stop: &Stop) -> Result<Passphrase> {
    match file {
        Some(path) => from_file(path, stop),
        None => ask("Passphrase given at 'qib init': ", stop),
    }
}

/// A passphrase of 80 random bits, as four groups of four letters and digits that
/// are not easily confused.
///
/// # Errors
/// When the system has no randomness.
pub fn generate(random: [u8; 16]) -> Result<Passphrase> {
    let text = letters::groups(random.into_iter());
    Passphrase::new(text).map_err(|error| Error::Passphrase(error.to_string()))
}

fn from_file(path: &Path, stop: &Stop) -> Result<Passphrase> {
    let file = if path == Path::new("-") {
        io::stdin().as_fd().try_clone_to_owned().map(File::from)
    } else {
        File::open(path)
    };
    let shown = path.display();
    let line = file
        .and_then(|file| first_line(Watched::new(file, stop.clone(), PATIENCE)))
        .map_err(|error| failed(&format!("passphrase file {shown}"), &error))?;
    check(line, "the first line of the passphrase file")
}

/// The first line, read byte by byte: no buffer keeps a copy, nothing after it is taken.
fn first_line(mut input: impl Read) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LINE_BYTES));
    let mut byte = Zeroizing::new([0]);
    while line.len() < MAX_LINE_BYTES && input.read(byte.as_mut_slice())? == 1 {
        if *byte == *b"\n" {
            break;
        }
        line.extend_from_slice(byte.as_slice());
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let text = std::str::from_utf8(&line).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut copy = Zeroizing::new(String::with_capacity(MAX_LINE_BYTES));
    copy.push_str(text);
    Ok(copy)
}

/// ^C is no failure of what was read.
fn failed(what: &str, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::ConnectionAborted {
        Error::Stopped
    } else {
        Error::Passphrase(format!("{what}: {error}"))
    }
}

fn check(mut line: Zeroizing<String>, what: &str) -> Result<Passphrase> {
    Passphrase::new(std::mem::take(&mut line))
        .map_err(|_| Error::Passphrase(format!("{what} is empty or longer than 1,024 bytes")))
}

fn ask(prompt: &str, stop: &Stop) -> Result<Passphrase> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let Ok(terminal) = terminal.and_then(terminal_only) else {
        return Err(Error::Passphrase(
            "there is no terminal to ask for the passphrase; pass -p FILE, or -p - for standard input"
                .to_owned(),
        ));
    };
    let line = ask_at(&terminal, prompt, stop);
    let line = line.map_err(|error| failed("the terminal can not be used", &error))?;
    check(line, "the passphrase")
}

fn terminal_only(file: File) -> io::Result<File> {
    // Without a person at standard input, asking would wait for ever.
    if file.is_terminal() && io::stdin().is_terminal() {
        Ok(file)
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}

/// Asks with echo off, and switches it on again whatever happens.
fn ask_at(terminal: &File, prompt: &str, stop: &Stop) -> io::Result<Zeroizing<String>> {
    let before = tcgetattr(terminal.as_fd())?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    let mut output = terminal;
    // The prompt comes second: what is typed after it is never shown nor thrown away.
    tcsetattr(terminal.as_fd(), OptionalActions::Flush, &silent)?;
    let asked = output.write_all(prompt.as_bytes());
    let watched = Watched::new(terminal, stop.clone(), PATIENCE);
    let line = asked.and_then(|()| first_line(watched));
    tcsetattr(terminal.as_fd(), OptionalActions::Flush, &before)?;
    output.write_all(b"\n")?;
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_counts() {
        let line = |text: &str| first_line(text.as_bytes()).unwrap().to_string();
        assert_eq!(line("one two\nthree\n"), "one two");
        assert_eq!(line("one\r\n"), "one");
        assert_eq!(line("no newline"), "no newline");
        assert!(check(first_line(&b"\n"[..]).unwrap(), "it").is_err());
    }

    #[test]
    fn a_generated_one_has_80_bits() {
        let passphrase = generate([0xff; 16]).unwrap();
        assert_eq!(passphrase.expose(), "9999-9999-9999-9999");
    }
}
