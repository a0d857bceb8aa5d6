//! A qube's first process: builds its file system, starts its daemons, reaps what dies.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, WaitOptions, wait};

use super::plan::Plan;
use super::root;
use crate::wire::{self, Message};

const STORAGE_PROGRAM: &str = "/usr/lib/qib/qib-storage";
const STORAGE_SOCKET: &str = "/run/qib/storage.sock";
const STORAGE_WAIT: Duration = Duration::from_secs(1);
const LAB_PROGRAM: &str = "/usr/bin/qrexec-client-vm";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs as process 1 of a new pid namespace, with the daemon's socket as its input.
pub(crate) fn main() -> Result<ExitCode> {
    let stdin = std::io::stdin();
    let control = stdin.as_fd();
    match begin(control) {
        Ok((agent, outside)) => {
            wire::send(control, &Message::Ready(outside), None)?;
            reap(agent)
        }
        Err(error) => {
            wire::send(control, &Message::Failed(format!("{error:#}")), None)?;
            Err(error)
        }
    }
}

fn begin(control: BorrowedFd) -> Result<(Pid, u32)> {
    let Some((Message::Begin(plan), _)) = wire::receive(control)? else {
        bail!("no plan")
    };
    // It is only to be seen in the outer /proc, before we leave it.
    let outside = number_outside()?;
    rustix::system::sethostname(plan.name.as_bytes())?;
    root::enter(&plan)?;
    loopback();
    let agent = start_agent(control)?;
    if plan.is_storage {
        start_storage(&plan)?;
    }
    Ok((agent, outside))
}

/// Our number in the pid namespace that /proc is of.
pub(crate) fn number_outside() -> Result<u32> {
    let outside = fs::read_link("/proc/self")?;
    Ok(outside.to_str().context("/proc/self")?.parse()?)
}

fn own_program(role: &str) -> Command {
    let mut command = Command::new(LAB_PROGRAM);
    command
        .arg0("qib-lab")
        .arg(role)
        .env_clear()
        .env("PATH", PATH)
        .env("HOME", "/root");
    command
}

/// Every qube can speak to itself. Where `ip` is not installed, the lab's can not.
fn loopback() {
    let up = Command::new("ip")
        .args(["link", "set", "lo", "up"])
        .status();
    if !up.is_ok_and(|status| status.success()) {
        eprintln!("no loopback");
    }
}

fn start_agent(control: BorrowedFd) -> Result<Pid> {
    let child = own_program("qube-agent")
        .stdin(control.try_clone_to_owned()?)
        .spawn()?;
    Ok(Pid::from_child(&child))
}

/// The storage daemon is up when its socket is there, as on a qube that has run for long.
fn start_storage(plan: &Plan) -> Result<()> {
    if !Path::new(STORAGE_PROGRAM).exists() {
        eprintln!("{}: {STORAGE_PROGRAM} is not there", plan.name);
        return Ok(());
    }
    own_program("qube-storage").spawn()?;
    let limit = Instant::now() + STORAGE_WAIT;
    while !Path::new(STORAGE_SOCKET).exists() && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Runs the storage daemon for ever, again a second after it died.
pub(crate) fn keep_storage() -> Result<ExitCode> {
    loop {
        let status = Command::new(STORAGE_PROGRAM)
            .args(["--socket", STORAGE_SOCKET])
            .status();
        eprintln!("qib-storage ended: {status:?}");
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// When the agent ends, the daemon is gone or stops the qube: so does everything in it.
fn reap(agent: Pid) -> Result<ExitCode> {
    while let Some((ended, _)) = wait(WaitOptions::empty())? {
        if ended == agent {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}
