//! Connects a call to a service that listens on a Unix socket.

use std::io::{self, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};

use super::call::{NOT_EXECUTABLE, ServiceCall};
use super::frame::{Kind, Piece, Receiver, Sender};
use super::service::Settings;

/// Runs the call to its end; a socket service has no exit code but 0.
pub(crate) fn run(
    path: &Path,
    call: &ServiceCall,
    settings: Settings,
    socket: &UnixStream,
    sender: &Sender,
) -> io::Result<i32> {
    let Ok(mut service) = UnixStream::connect(path) else {
        return Ok(NOT_EXECUTABLE);
    };
    if !settings.skip_descriptor {
        service.write_all(&call.descriptor())?;
    }
    let frames = Receiver::new(socket.try_clone()?);
    let to_service = service.try_clone()?;
    std::thread::spawn(move || {
        drop(feed(frames, &to_service, settings));
        drop(to_service.shutdown(Shutdown::Both));
    });
    collect(&service, settings, sender)?;
    Ok(0)
}

/// Gives the client's stream to the service until the client is gone.
fn feed(mut frames: Receiver, mut service: &UnixStream, settings: Settings) -> io::Result<()> {
    let mut open = true;
    while let Some((kind, body)) = frames.next()? {
        if kind != Kind::Stdin || !open {
            continue;
        }
        if body.is_empty() {
            let how = if settings.exit_on_client_eof {
                Shutdown::Both
            } else {
                Shutdown::Write
            };
            drop(service.shutdown(how));
            open = false;
        } else if service.write_all(body).is_err() {
            drop(service.shutdown(Shutdown::Both));
            open = false;
        }
    }
    Ok(())
}

fn collect(mut service: &UnixStream, settings: Settings, sender: &Sender) -> io::Result<()> {
    let mut piece = Piece::new();
    loop {
        let length = piece.read(&mut service).unwrap_or(0);
        let sent = piece.send(sender, Kind::Stdout, length);
        if sent.is_err() {
            service.shutdown(Shutdown::Both)?;
            return sent;
        }
        if length == 0 {
            break;
        }
    }
    if !settings.exit_on_service_eof {
        wait_until_both_closed(service)?;
    }
    service.shutdown(Shutdown::Both)
}

/// The service may close its output and read on: only a hang-up means that both ways are closed.
fn wait_until_both_closed(service: &UnixStream) -> io::Result<()> {
    let mut ready = [PollFd::from_borrowed_fd(
        service.as_fd(),
        PollFlags::empty(),
    )];
    while poll(&mut ready, None)? == 0 {}
    Ok(())
}
