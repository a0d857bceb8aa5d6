//! Starts a qube's processes in new namespaces, and ends them.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::net::sockopt::{Timeout, set_socket_timeout};

use crate::userns;
use crate::wire::{self, Message};

/// A machine that is emulated takes its time, all the more beside others.
const START_LIMIT: Duration = Duration::from_secs(120);

/// A qube's processes; they end when this is dropped, or when we die.
pub(crate) struct Processes {
    unshare: Child,
    control: OwnedFd,
    listeners: Vec<UnixListener>,
    /// The number of its first process, outside.
    pub(crate) pid: u32,
}

impl Processes {
    /// Starts a qube in one of our roles, with the message that it begins with, and waits until
    /// its agent is there.
    pub(crate) fn start(
        program: &Path,
        (role, begin): (&str, Message),
        log: &Path,
        listeners: Vec<UnixListener>,
    ) -> Result<Self> {
        let (ours, theirs) = wire::pair()?;
        let unshare = unshare(program, role, theirs, log)?;
        let mut processes = Self {
            unshare,
            control: ours,
            listeners,
            pid: 0,
        };
        wire::send(processes.control.as_fd(), &begin, None)?;
        processes.pid = processes.wait_ready(log)?;
        Ok(processes)
    }

    fn wait_ready(&self, log: &Path) -> Result<u32> {
        set_socket_timeout(&self.control, Timeout::Recv, Some(START_LIMIT))?;
        match wire::receive(self.control.as_fd())? {
            Some((Message::Ready(pid), _)) => Ok(pid),
            Some((Message::Failed(why), _)) => bail!("the qube cannot start: {why}"),
            _ => bail!("the qube cannot start, see {}", log.display()),
        }
    }

    /// Has the first process do something, and waits until it is done.
    pub(crate) fn ask(&self, message: &Message) -> Result<()> {
        let (ours, theirs) = wire::pair()?;
        wire::send(self.control.as_fd(), message, Some(theirs.as_fd()))?;
        drop(theirs);
        set_socket_timeout(&ours, Timeout::Recv, Some(START_LIMIT))?;
        match wire::receive(ours.as_fd())? {
            Some((Message::Done, _)) => Ok(()),
            Some((Message::Failed(why), _)) => bail!(why),
            _ => bail!("the qube is gone"),
        }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.unshare.try_wait(), Ok(None))
    }

    /// A descriptor to send calls on.
    pub(crate) fn control(&self) -> Result<OwnedFd> {
        Ok(self.control.try_clone()?)
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for listener in &self.listeners {
            let _ = rustix::net::shutdown(listener, rustix::net::Shutdown::Both);
        }
        // `unshare --kill-child` takes the qube's first process with it, and that all others.
        drop(self.unshare.kill());
        drop(self.unshare.wait());
    }
}

fn unshare(program: &Path, role: &str, control: OwnedFd, log: &Path) -> Result<Child> {
    let output = File::options().create(true).append(true).open(log)?;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]);
    command.args(["--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts"]);
    if !userns::is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.arg("--").arg(program).arg(role);
    command
        .stdin(Stdio::from(control))
        .stdout(output.try_clone()?)
        .stderr(output);
    command.spawn().context("unshare (of util-linux) is needed")
}
