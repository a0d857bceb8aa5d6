//! Starts a qube's processes in new namespaces, and ends them.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::plan::Plan;
use crate::userns;
use crate::wire::{self, Message};

const START_LIMIT: Duration = Duration::from_secs(20);

/// A qube's processes; they end when this is dropped, or when we die.
pub(crate) struct Processes {
    unshare: Child,
    control: OwnedFd,
    listeners: Vec<UnixListener>,
    /// The number of its first process, outside.
    pub(crate) pid: u32,
}

impl Processes {
    /// Starts a qube and waits until its agent is there.
    pub(crate) fn start(
        program: &Path,
        plan: Plan,
        log: &Path,
        listeners: Vec<UnixListener>,
    ) -> Result<Self> {
        let (ours, theirs) = wire::pair()?;
        let unshare = unshare(program, theirs, log)?;
        let mut processes = Self {
            unshare,
            control: ours,
            listeners,
            pid: 0,
        };
        wire::send(processes.control.as_fd(), &Message::Begin(plan), None)?;
        processes.pid = processes.wait_ready(log)?;
        Ok(processes)
    }

    fn wait_ready(&self, log: &Path) -> Result<u32> {
        rustix::net::sockopt::set_socket_timeout(
            &self.control,
            rustix::net::sockopt::Timeout::Recv,
            Some(START_LIMIT),
        )?;
        match wire::receive(self.control.as_fd())? {
            Some((Message::Ready(pid), _)) => Ok(pid),
            Some((Message::Failed(why), _)) => bail!("the qube cannot start: {why}"),
            _ => bail!("the qube cannot start, see {}", log.display()),
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

fn unshare(program: &Path, control: OwnedFd, log: &Path) -> Result<Child> {
    let output = File::options().create(true).append(true).open(log)?;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]);
    command.args(["--pid", "--fork", "--kill-child", "--net", "--ipc", "--uts"]);
    if !userns::is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.arg("--").arg(program).arg("qube-init");
    command
        .stdin(Stdio::from(control))
        .stdout(output.try_clone()?)
        .stderr(output);
    command.spawn().context("unshare (of util-linux) is needed")
}
