//! The process that keeps such a machine: it stands where a qube's first process does, and ends
//! with the machine, as the machine with it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, poll};

use super::channel::{Channel, Side};
use super::guest::UP;
use super::monitor::Monitor;
use super::qemu;
use crate::qube::init::number_outside;
use crate::unix_path;
use crate::wire::{self, Message};

/// A machine that runs.
struct Vm {
    monitor: Monitor,
    channel: Arc<Channel>,
}

/// Runs as process 1 of a new pid namespace, with the daemon's socket as its input.
pub(crate) fn main() -> Result<ExitCode> {
    let stdin = io::stdin();
    let control = stdin.as_fd();
    match begin(control) {
        Ok(vm) => serve(vm, control),
        Err(error) => {
            wire::send(control, &Message::Failed(format!("{error:#}")), None)?;
            Err(error)
        }
    }
}

fn begin(control: BorrowedFd) -> Result<Vm> {
    let Some((Message::Boot(plan), _)) = wire::receive(control)? else {
        bail!("no plan")
    };
    let lines = qemu::start(&plan)?;
    let monitor = Monitor::new(lines.monitor)?;
    let mut line = File::from(OwnedFd::from(lines.guest));
    wait_until_up(&mut line, control)?;
    let channel = Channel::new(line.try_clone()?, Side::Host);
    run_in_background(Arc::clone(&channel), line, plan.agent_socket);
    wire::send(control, &Message::Ready(number_outside()?), None)?;
    Ok(Vm { monitor, channel })
}

/// A daemon that is gone waits for nothing.
fn wait_until_up(line: &mut File, control: BorrowedFd) -> Result<()> {
    let mut ends = [
        PollFd::new(&*line, PollFlags::IN),
        PollFd::from_borrowed_fd(control, PollFlags::empty()),
    ];
    poll(&mut ends, None)?;
    let [_, daemon] = &ends;
    ensure!(daemon.revents().is_empty(), "the daemon is gone");
    let mut first = [0; UP.len()];
    let read = line.read_exact(&mut first);
    read.context("the machine does not start")
}

/// The guest's calls go to the daemon. When the line ends, the machine is off, and we end.
fn run_in_background(channel: Arc<Channel>, line: File, agent_socket: PathBuf) {
    std::thread::spawn(move || {
        let daemon = |_| unix_path::connect(&agent_socket).map_err(io::Error::other);
        let ended = channel.run(line, daemon);
        eprintln!("the machine is off: {ended:?}");
        std::process::exit(0);
    });
}

/// Does what the daemon asks until it closes its end.
fn serve(mut vm: Vm, control: BorrowedFd) -> Result<ExitCode> {
    while let Some((message, passed)) = wire::receive(control)? {
        let passed = passed.context("nowhere to answer")?;
        match message {
            Message::Call(command) => vm.channel.open(command, UnixStream::from(passed))?,
            Message::Plug {
                device,
                frontend,
                read_only,
            } => answer(&passed, vm.monitor.plug(&device, &frontend, read_only))?,
            Message::Unplug(frontend) => answer(&passed, vm.monitor.unplug(&frontend))?,
            other => bail!("not for a machine: {other:?}"),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(to: &OwnedFd, done: Result<()>) -> Result<()> {
    let message = match done {
        Ok(()) => Message::Done,
        Err(error) => Message::Failed(format!("{error:#}")),
    };
    wire::send(to.as_fd(), &message, None)
}
