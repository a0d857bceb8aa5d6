//! dom0's `qrexec-client`: calls a service or a command in a running qube.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::broker;
use super::client::{Clean, Ends, PEER_GONE, carry};
use crate::unix_path;

const USAGE: &str = "qrexec-client -d VM [-l PROG] [-t] [-T] [-w SEC] [-e] [-E] USER:COMMAND";

#[derive(Default)]
struct Options {
    qube: Option<String>,
    program: Option<String>,
    clean: Clean,
    wait: u64,
    exit_at_once: bool,
    exit_zero: bool,
    command: Option<String>,
}

pub(crate) fn main(arguments: &[OsString]) -> Result<ExitCode> {
    let options = parse(arguments)?;
    let qube = options.qube.context(USAGE)?;
    let command = options.command.context(USAGE)?;
    let Some(mut socket) = connect(&qube, Duration::from_secs(options.wait)) else {
        eprintln!("qrexec-client: cannot connect to the qrexec daemon of {qube}");
        return Ok(ExitCode::FAILURE);
    };
    if !broker::ask(&mut socket, &command)? {
        eprintln!("vchan connection closed early");
        return Ok(ExitCode::from(PEER_GONE));
    }
    if options.exit_at_once {
        return Ok(ExitCode::SUCCESS);
    }
    let ends = match options.program {
        None => Ends::own()?,
        Some(program) => Ends::program(Command::new("/bin/sh").args(["-c", &program]))?,
    };
    let code = carry(socket, ends, options.clean)?;
    Ok(if options.exit_zero {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(code)
    })
}

/// The qube's socket exists while it runs; `-w` is for one that is just starting.
fn connect(qube: &str, wait: Duration) -> Option<std::os::unix::net::UnixStream> {
    let path = PathBuf::from(format!("/run/qubes/qrexec.{qube}"));
    let limit = Instant::now() + wait;
    loop {
        match unix_path::connect(&path) {
            Ok(socket) => return Some(socket),
            Err(_) if path.exists() && Instant::now() < limit => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(_) => return None,
        }
    }
}

fn parse(arguments: &[OsString]) -> Result<Options> {
    let mut options = Options {
        wait: 5,
        ..Options::default()
    };
    let mut words = arguments
        .iter()
        .map(|word| word.to_str().context("not UTF-8"));
    while let Some(word) = words.next() {
        let mut value = || words.next().context(USAGE)?.map(str::to_owned);
        match word? {
            "-d" => options.qube = Some(value()?),
            "-l" => options.program = Some(value()?),
            "-w" => options.wait = value()?.parse().context("-w")?,
            "-t" => options.clean.stdout = true,
            "-T" => options.clean.stderr = true,
            "-e" => options.exit_at_once = true,
            "-E" => options.exit_zero = true,
            other if other.starts_with('-') || options.command.is_some() => bail!(USAGE),
            command => options.command = Some(command.to_owned()),
        }
    }
    Ok(options)
}
