//! Runs an executable service and carries its three streams.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};

use rustix::event::{PollFd, PollFlags, poll};

use super::call::{NOT_EXECUTABLE, ServiceCall, exit_code};
use super::frame::{Kind, Piece, Receiver, Sender};

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PIPE_BYTES: usize = 1 << 20;

/// A service, through a login shell as qrexec starts it.
pub(crate) fn service(path: &Path, call: &ServiceCall) -> Command {
    let mut command = login_shell("exec \"$0\" \"$@\"");
    command.arg(path);
    if let Some(argument) = call.argument.as_deref().filter(|text| !text.is_empty()) {
        command.arg(argument);
    }
    command
        .env("QREXEC_REMOTE_DOMAIN", &call.source)
        .env("QREXEC_SERVICE_FULL_NAME", call.full_name())
        .env(
            "QREXEC_SERVICE_ARGUMENT",
            call.argument.as_deref().unwrap_or(""),
        )
        .env("QREXEC_AGENT_PID", std::process::id().to_string());
    let (kind, target) = call.target.clone().unwrap_or_default();
    match kind.as_str() {
        "keyword" => command.env("QREXEC_REQUESTED_TARGET_KEYWORD", target),
        "name" => command.env("QREXEC_REQUESTED_TARGET", target),
        _ => &mut command,
    };
    command.env("QREXEC_REQUESTED_TARGET_TYPE", kind);
    command
}

/// A command for the shell.
pub(crate) fn shell(command: &str) -> Command {
    login_shell(command)
}

fn login_shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-lc", script]).env_clear().current_dir("/");
    command.envs([
        ("PATH", PATH),
        ("HOME", "/root"),
        ("USER", "root"),
        ("LOGNAME", "root"),
    ]);
    command.env("SHELL", "/bin/sh");
    command
}

/// Runs the command to its end; returns its exit code after its output has ended.
pub(crate) fn run(mut command: Command, socket: &UnixStream, sender: &Sender) -> io::Result<i32> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        return Ok(NOT_EXECUTABLE);
    };
    let stdin = child.stdin.take();
    let stdout = child
        .stdout
        .take()
        .map(|end| File::from(OwnedFd::from(end)));
    let stderr = child
        .stderr
        .take()
        .map(|end| File::from(OwnedFd::from(end)));
    if let Some(stdin) = stdin {
        widen(&stdin);
        let frames = Receiver::new(socket.try_clone()?);
        std::thread::spawn(move || feed(frames, stdin));
    }
    std::thread::scope(|scope| {
        scope.spawn(|| stderr.map(|end| collect(end, Kind::Stderr, socket, sender)));
        stdout.map(|end| collect(end, Kind::Stdout, socket, sender))
    });
    Ok(i32::from(exit_code(child.wait()?)))
}

/// Larger pipes mean fewer switches between processes; the limit may forbid it.
fn widen(pipe: impl AsFd) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE_BYTES);
}

/// Gives the client's stream to the service; a client that is gone is a normal end.
fn feed(mut frames: Receiver, stdin: ChildStdin) -> io::Result<()> {
    let mut stdin = Some(stdin);
    while let Some((kind, body)) = frames.next()? {
        if kind != Kind::Stdin {
            continue;
        }
        if body.is_empty() {
            stdin = None;
        }
        // A service that closed its input does not have to hear the rest, but the frames must go.
        if stdin
            .as_mut()
            .is_some_and(|pipe| pipe.write_all(body).is_err())
        {
            stdin = None;
        }
    }
    Ok(())
}

/// Sends what the service writes. When the client is gone the pipe closes, so that the service's
/// next write fails.
fn collect(mut end: File, kind: Kind, socket: &UnixStream, sender: &Sender) -> io::Result<()> {
    widen(&end);
    let mut piece = Piece::new();
    let mut output = PollingRead {
        end: &mut end,
        socket,
    };
    loop {
        let length = piece.read(&mut output)?;
        piece.send(sender, kind, length)?;
        if length == 0 {
            return Ok(());
        }
    }
}

/// Reads a pipe only while the connection lives.
struct PollingRead<'a> {
    end: &'a mut File,
    socket: &'a UnixStream,
}

impl Read for PollingRead<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut ready = [
            PollFd::new(&*self.end, PollFlags::IN),
            PollFd::from_borrowed_fd(self.socket.as_fd(), PollFlags::empty()),
        ];
        poll(&mut ready, None)?;
        let [_, connection] = &ready;
        if connection
            .revents()
            .intersects(PollFlags::HUP | PollFlags::ERR)
        {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.end.read(buffer)
    }
}
