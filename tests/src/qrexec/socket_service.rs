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
        // A service that is gone already ends the call below, as one that goes later.
        drop(service.write_all(&call.descriptor()));
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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::Shutdown;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::thread::JoinHandle;

    use super::*;

    const SETTINGS: Settings = Settings {
        skip_descriptor: false,
        exit_on_client_eof: false,
        exit_on_service_eof: false,
    };

    /// A call in progress: the client's socket, the service's, and the agent's result.
    fn call(settings: Settings) -> (UnixStream, UnixStream, JoinHandle<io::Result<i32>>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let (client, agent) = UnixStream::pair().unwrap();
        let running = std::thread::spawn(move || {
            let call = ServiceCall {
                name: "qib.Put".to_owned(),
                argument: Some("00".to_owned()),
                source: "helper".to_owned(),
                target: None,
            };
            let code = run(&path, &call, settings, &agent, &Sender::new(&agent)?);
            drop(agent.shutdown(Shutdown::Both));
            code
        });
        (client, listener.accept().unwrap().0, running)
    }

    fn send(client: &UnixStream, bytes: &[u8]) {
        let sender = Sender::new(client).unwrap();
        let mut piece = Piece::new();
        let length = piece.read(&mut &*bytes).unwrap();
        piece.send(&sender, Kind::Stdin, length).unwrap();
    }

    fn read(service: &mut UnixStream, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        service.read_exact(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn half_closed_by_the_client_first() {
        let (client, mut service, running) = call(SETTINGS);
        assert_eq!(read(&mut service, 18), b"qib.Put+00 helper\0");
        send(&client, b"question");
        send(&client, b"");
        let mut question = String::new();
        service.read_to_string(&mut question).unwrap();
        service.write_all(b"answer").unwrap();
        drop(service);
        let mut frames = Receiver::new(client);
        assert_eq!(question, "question");
        assert_eq!(frames.next().unwrap(), Some((Kind::Stdout, &b"answer"[..])));
        assert_eq!(frames.next().unwrap(), Some((Kind::Stdout, &b""[..])));
        assert_eq!(running.join().unwrap().unwrap(), 0);
    }

    #[test]
    fn half_closed_by_the_service_first() {
        let (client, mut service, running) = call(SETTINGS);
        read(&mut service, 18);
        service.shutdown(Shutdown::Write).unwrap();
        send(&client, b"more");
        assert_eq!(read(&mut service, 4), b"more");
        send(&client, b"");
        assert_eq!(running.join().unwrap().unwrap(), 0);
    }

    #[test]
    fn a_service_that_dies_ends_the_call() {
        let (_client, mut service, running) = call(SETTINGS);
        read(&mut service, 18);
        drop(service);
        assert_eq!(running.join().unwrap().unwrap(), 0);
    }

    /// Whether the service is gone before its descriptor is written, or after, is left to chance.
    #[test]
    fn a_service_that_dies_before_it_reads_anything_ends_the_call() {
        for _ in 0..200 {
            let (_client, service, running) = call(SETTINGS);
            drop(service);
            assert_eq!(running.join().unwrap().unwrap(), 0);
        }
    }

    #[test]
    fn a_client_that_dies_closes_both_ways() {
        let (client, mut service, running) = call(SETTINGS);
        read(&mut service, 18);
        drop(client);
        assert_eq!(service.read(&mut [0]).unwrap(), 0);
        assert!(service.write_all(b"late").is_err());
        drop(running.join().unwrap());
    }

    #[test]
    fn settings_of_rpc_config() {
        let skip = Settings {
            skip_descriptor: true,
            exit_on_client_eof: true,
            ..SETTINGS
        };
        let (client, mut service, running) = call(skip);
        send(&client, b"bare");
        assert_eq!(read(&mut service, 4), b"bare");
        send(&client, b"");
        assert_eq!(running.join().unwrap().unwrap(), 0);

        let (_client, service, running) = call(Settings {
            exit_on_service_eof: true,
            ..SETTINGS
        });
        service.shutdown(Shutdown::Write).unwrap();
        assert_eq!(running.join().unwrap().unwrap(), 0);
    }
}
