//! What both clients do once connected: carry three streams and return the exit code.

use std::fs::File;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

use super::frame::{Kind, Piece, Receiver, Sender};

pub(crate) const PEER_GONE: u8 = 255;

/// Which streams have their control characters replaced by `_`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Clean {
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

/// The two ends that the remote service is connected to here.
pub(crate) struct Ends {
    pub(crate) input: File,
    pub(crate) output: File,
    pub(crate) local: Option<Child>,
}

impl Ends {
    /// Our own standard input and output.
    pub(crate) fn own() -> Result<Self> {
        let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        close_own_output()?;
        Ok(Self {
            input,
            output,
            local: None,
        })
    }

    /// A local program that talks to the service instead of us.
    pub(crate) fn program(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdout.take().context("the program's output")?;
        let output = child.stdin.take().context("the program's input")?;
        Ok(Self {
            input: File::from(OwnedFd::from(input)),
            output: File::from(OwnedFd::from(output)),
            local: Some(child),
        })
    }
}

/// The reader of our output has to see its end when the service closes it, so only the copy in
/// `Ends` may stay open.
fn close_own_output() -> Result<()> {
    let null = File::options().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(null)?;
    Ok(())
}

/// Carries the call to its end and returns the code to exit with.
pub(crate) fn carry(socket: UnixStream, ends: Ends, clean: Clean) -> Result<u8> {
    let Ends {
        input,
        output,
        local,
    } = ends;
    let sender = Sender::new(&socket)?;
    std::thread::spawn(move || feed(input, &sender));
    let code = drain(socket, output, clean)?;
    match local {
        None => Ok(code),
        Some(mut child) => Ok(super::call::exit_code(child.wait()?)),
    }
}

fn feed(mut input: File, sender: &Sender) -> io::Result<()> {
    let mut piece = Piece::new();
    loop {
        let length = piece.read(&mut input).unwrap_or(0);
        piece.send(sender, Kind::Stdin, length)?;
        if length == 0 {
            return Ok(());
        }
    }
}

fn drain(socket: UnixStream, output: File, clean: Clean) -> Result<u8> {
    let peer = socket.try_clone()?;
    let mut frames = Receiver::new(socket);
    let mut output = Some(output);
    while let Some((kind, body)) = frames.next()? {
        match kind {
            Kind::Stdout if body.is_empty() => output = None,
            Kind::Stdout => {
                if !write(&mut output, body, clean.stdout) {
                    // What a process with a closed output does: stop reading from the service.
                    peer.shutdown(Shutdown::Both)?;
                }
            }
            Kind::Stderr => drop(io::stderr().write_all(&cleaned(body, clean.stderr))),
            Kind::Exit => return Ok(exit_byte(body)),
            Kind::Stdin => {}
        }
    }
    eprintln!("vchan connection closed early");
    Ok(PEER_GONE)
}

fn exit_byte(body: &[u8]) -> u8 {
    let code = body
        .try_into()
        .map(i32::from_le_bytes)
        .unwrap_or(i32::from(PEER_GONE));
    u8::try_from(code & 0xff).unwrap_or(PEER_GONE)
}

/// Writes a piece; false when nobody reads it any more.
fn write(output: &mut Option<File>, body: &[u8], clean: bool) -> bool {
    let Some(file) = output else { return true };
    let written = if clean {
        file.write_all(&cleaned(body, true))
    } else {
        file.write_all(body)
    };
    if written.is_err() {
        *output = None;
    }
    written.is_ok()
}

fn cleaned(body: &[u8], clean: bool) -> Vec<u8> {
    let keep = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0x07 | 0x08);
    body.iter()
        .map(|byte| if !clean || keep(byte) { *byte } else { b'_' })
        .collect()
}
