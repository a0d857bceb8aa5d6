//! A qube's `qrexec-client-vm`: asks dom0's daemon for a service of another qube.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use super::broker;
use super::call::REFUSED;
use super::client::{Clean, Ends, carry};
use crate::unix_path;

const USAGE: &str = "qrexec-client-vm [--buffer-size=N] [-t|-T|--no-filter-escape-chars-…] TARGET SERVICE+ARG [PROG ARGS]";
/// Where a qube finds the daemon.
pub(crate) const AGENT_SOCKET: &str = "/run/qubes/qrexec-agent";

pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let mut clean = Clean::default();
    let mut rest = arguments.iter();
    let target = loop {
        let word = rest.next().and_then(|word| word.to_str()).context(USAGE)?;
        match word {
            "-t" | "--filter-escape-chars-stdout" => clean.stdout = true,
            "-T" | "--filter-escape-chars-stderr" => clean.stderr = true,
            "--no-filter-escape-chars-stdout" => clean.stdout = false,
            "--no-filter-escape-chars-stderr" => clean.stderr = false,
            option if option.starts_with("--buffer-size=") => {}
            option if option.starts_with('-') => bail!(USAGE),
            target => break target,
        }
    };
    let service = rest.next().and_then(|word| word.to_str()).context(USAGE)?;
    let program: Vec<&OsString> = rest.collect();
    call(target, service, &program, clean)
}

fn call(target: &str, service: &str, program: &[&OsString], clean: Clean) -> Result<ExitCode> {
    let mut socket = unix_path::connect(Path::new(AGENT_SOCKET))?;
    if !broker::ask(&mut socket, &format!("{target}\0{service}"))? {
        eprintln!("Request refused");
        return Ok(ExitCode::from(REFUSED));
    }
    let ends = match program.split_first() {
        None => Ends::own()?,
        Some((program, arguments)) => local(program, arguments)?,
    };
    Ok(ExitCode::from(carry(socket, ends, clean)?))
}

/// The local program finds our own streams under the numbers in its environment.
fn local(program: &OsString, arguments: &[&OsString]) -> Result<Ends> {
    let saved: [OwnedFd; 2] = [
        rustix::io::dup(io::stdin().as_fd())?,
        rustix::io::dup(io::stdout().as_fd())?,
    ];
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, fd) in ["SAVED_FD_0", "SAVED_FD_1"].into_iter().zip(&saved) {
        command.env(name, fd.as_raw_fd().to_string());
    }
    Ends::program(&mut command)
}
