//! The agent's half of a call: finds the service, runs it, carries its streams.

use std::io;
use std::os::unix::net::UnixStream;

use super::call::Call;
use super::frame::Sender;
use super::service::{Service, find};
use super::{executable, socket_service};

/// Serves one call on its own thread.
pub(crate) fn serve_in_background(command_line: String, socket: UnixStream) {
    std::thread::spawn(move || {
        if let Err(error) = serve(&command_line, &socket) {
            eprintln!("call {command_line:?}: {error}");
        }
        // Another thread may still hold a copy; this ends the connection for all.
        drop(socket.shutdown(std::net::Shutdown::Both));
    });
}

fn serve(command_line: &str, socket: &UnixStream) -> io::Result<()> {
    let sender = Sender::new(socket)?;
    let code = match Call::parse(command_line) {
        None => super::call::NO_SERVICE,
        Some(Call::Shell(command)) => {
            executable::run(executable::shell(&command), socket, &sender)?
        }
        Some(Call::Service(call)) => match find(&call) {
            Ok(Service::Executable(path)) => {
                executable::run(executable::service(&path, &call), socket, &sender)?
            }
            Ok(Service::Socket(path, settings)) => {
                socket_service::run(&path, &call, settings, socket, &sender)?
            }
            Err(code) => code,
        },
    };
    sender.exit(code)
}
