//! A qube's agent process: takes calls from the daemon and serves them.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use anyhow::Result;

use crate::qrexec::agent;
use crate::wire::{self, Message};

/// Runs until the daemon closes its end.
pub(crate) fn main() -> Result<ExitCode> {
    let stdin = std::io::stdin();
    while let Some((message, passed)) = wire::receive(stdin.as_fd())? {
        if let (Message::Call(command_line), Some(socket)) = (message, passed) {
            agent::serve_in_background(command_line, UnixStream::from(socket));
        }
    }
    Ok(ExitCode::SUCCESS)
}
