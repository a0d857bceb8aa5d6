//! Finds a lab's daemon, or starts it again when it is dead.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::fs::{FlockOperation, flock};

use super::machine::Machine;
use crate::control::{Request, ask};
use crate::layout::Layout;
use crate::pool::mounted;
use crate::userns;

const START_LIMIT: Duration = Duration::from_secs(60);

/// The process number of the lab's daemon, which runs when this returns.
pub(crate) fn ensure(layout: &Layout) -> Result<u32> {
    // Two commands at once must not start two of them.
    let lock = File::create(layout.lock())?;
    flock(&lock, FlockOperation::LockExclusive)?;
    if let Some(pid) = running(layout) {
        return Ok(pid);
    }
    userns::check()?;
    mounted::mount(layout, Machine::load(&layout.state())?.driver)?;
    let mut daemon = spawn(layout)?;
    let limit = Instant::now() + START_LIMIT;
    while Instant::now() < limit {
        if let Some(pid) = running(layout) {
            return Ok(pid);
        }
        if daemon.try_wait()?.is_some() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let log = std::fs::read_to_string(layout.log("daemon")).unwrap_or_default();
    bail!(
        "the lab's daemon does not start: {}",
        log.lines().last().unwrap_or("no message")
    )
}

/// The daemon's number, when it answers.
pub(crate) fn running(layout: &Layout) -> Option<u32> {
    ask(&layout.control_socket(), &Request::Ping)
        .ok()?
        .parse()
        .ok()
}

fn spawn(layout: &Layout) -> Result<Child> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(layout.log("daemon"))?;
    let mut command = Command::new("unshare");
    if !userns::is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--mount", "--propagation", "slave", "--"]);
    command
        .arg(layout.lab_program())
        .arg("daemon")
        .arg(layout.dir());
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    command.spawn().context("unshare (of util-linux) is needed")
}

/// Asks the lab's daemon, starting it first when it is dead.
pub(crate) fn ask_daemon(layout: &Layout, request: &Request) -> Result<String> {
    ensure(layout)?;
    ask(&layout.control_socket(), request)
}
