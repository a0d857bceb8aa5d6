//! The guest's end: what a qube's first process and agent are elsewhere.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::channel::{Channel, Side};
use super::disks;
use crate::qrexec::agent;
use crate::qrexec::client_vm::AGENT_SOCKET;
use crate::unix_path;

/// The name of the serial line.
pub(super) const PORT: &str = "org.qubes.qrexec";
/// What is said first on it.
pub(super) const UP: &[u8; 1] = b"+";

/// Runs until the other end of the line is gone.
pub(crate) fn main() -> Result<ExitCode> {
    let mut line = open_line()?;
    let channel = Channel::new(line.try_clone()?, Side::Guest);
    let listener = unix_path::listen(Path::new(AGENT_SOCKET))?;
    let outward = Arc::clone(&channel);
    thread::spawn(move || {
        while let Ok((socket, _)) = listener.accept() {
            if let Err(error) = outward.open(String::new(), socket) {
                eprintln!("a call: {error}");
            }
        }
    });
    thread::spawn(disks::keep_named);
    line.write_all(UP)?;
    channel.run(line, serve)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs a service; the other end of its connection is what this returns.
fn serve(command_line: String) -> io::Result<UnixStream> {
    let (ours, its) = UnixStream::pair()?;
    agent::serve_in_background(command_line, its);
    Ok(ours)
}

/// Until the host is known to be there, the line is at its end.
fn open_line() -> Result<File> {
    let path = find_line()?;
    let line = File::options().read(true).write(true).open(&path);
    let line = line.with_context(|| path.display().to_string())?;
    loop {
        let mut state = [PollFd::new(&line, PollFlags::OUT)];
        poll(&mut state, Some(&Timespec::default()))?;
        let [state] = &state;
        if !state.revents().contains(PollFlags::HUP) {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(line)
}

fn find_line() -> Result<PathBuf> {
    loop {
        for port in std::fs::read_dir("/sys/class/virtio-ports")? {
            let port = port?;
            let name = std::fs::read_to_string(port.path().join("name"));
            if name.is_ok_and(|name| name.trim() == PORT) {
                return Ok(Path::new("/dev").join(port.file_name()));
            }
        }
        thread::sleep(Duration::from_millis(10));
    }
}
