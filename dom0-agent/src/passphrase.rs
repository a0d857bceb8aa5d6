//! The passphrase: asked for at the terminal, or the first line of a file.

use crate::error::{Error, Result};
use qib_rpc::key::Passphrase;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::os::fd::AsFd;
use std::path::Path;
use zeroize::Zeroizing;

/// The passphrase for a new installation; at a terminal it is asked for twice.
///
/// # Errors
/// When there is no terminal and no file, or the two differ.
pub fn choose(file: Option<&Path>) -> Result<Passphrase> {
    if let Some(path) = file {
        return from_file(path);
    }
    let first = ask("Choose the passphrase that every restore will need: ")?;
    let second = ask("Enter it again: ")?;
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
pub fn read(file: Option<&Path>) -> Result<Passphrase> {
    match file {
        Some(path) => from_file(path),
        None => ask("Passphrase given at 'qib init': "),
    }
}

/// A passphrase of 80 random bits, as four groups of four letters and digits that
/// are not easily confused.
///
/// # Errors
/// When the system has no randomness.
pub fn generate(random: [u8; 16]) -> Result<Passphrase> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters = random.iter().map(|byte| {
        let letter = LETTERS.get(usize::from(byte & 31)).copied().unwrap_or(b'a');
        char::from(letter)
    });
    let mut text = String::new();
    for (place, letter) in letters.enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    Passphrase::new(text).map_err(|error| Error::Passphrase(error.to_string()))
}

fn from_file(path: &Path) -> Result<Passphrase> {
    let line = if path == Path::new("-") {
        first_line(io::stdin().lock())
    } else {
        File::open(path).and_then(|file| first_line(BufReader::new(file)))
    };
    let shown = path.display();
    let line =
        line.map_err(|error| Error::Passphrase(format!("passphrase file {shown}: {error}")))?;
    check(line, "the first line of the passphrase file")
}

fn first_line(input: impl BufRead) -> io::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::with_capacity(4096));
    input.take(4096).read_line(&mut line)?;
    let length = line.trim_end_matches(['\n', '\r']).len();
    line.truncate(length);
    Ok(line)
}

fn check(mut line: Zeroizing<String>, what: &str) -> Result<Passphrase> {
    Passphrase::new(std::mem::take(&mut line))
        .map_err(|_| Error::Passphrase(format!("{what} is empty or longer than 1,024 bytes")))
}

fn ask(prompt: &str) -> Result<Passphrase> {
    let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let Ok(terminal) = terminal.and_then(terminal_only) else {
        return Err(Error::Passphrase(
            "there is no terminal to ask for the passphrase; pass -p FILE, or -p - for standard input"
                .to_owned(),
        ));
    };
    let line = ask_at(&terminal, prompt)
        .map_err(|error| Error::Passphrase(format!("the terminal can not be used: {error}")))?;
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
fn ask_at(terminal: &File, prompt: &str) -> io::Result<Zeroizing<String>> {
    let before = tcgetattr(terminal.as_fd())?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    let mut output = terminal;
    output.write_all(prompt.as_bytes())?;
    tcsetattr(terminal.as_fd(), OptionalActions::Flush, &silent)?;
    let line = first_line(BufReader::new(terminal));
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
