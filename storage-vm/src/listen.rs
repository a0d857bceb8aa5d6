//! The socket: qrexec connects, and every call gets a thread of its own.

use crate::log;
use crate::permit::Permits;
use crate::places::Places;
use crate::service::{self, Daemon};
use rustix::fs::Mode;
use rustix::process::umask;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

/// Calls at once; one more is hung up on.
const MAX_CALLS: usize = 64;

/// Serves calls for ever.
pub fn run(listener: &UnixListener, places: Places, trash_days: u32) -> ! {
    let daemon = Arc::new(Daemon {
        places,
        permits: Permits::default(),
        trash_days,
    });
    let calls = Arc::new(());
    log::line(format_args!("ready"));
    loop {
        match listener.accept() {
            Ok((stream, _)) => start(stream, &daemon, &calls),
            Err(error) => {
                log::line(format_args!("no call can be accepted now: {error}"));
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

fn start(stream: UnixStream, daemon: &Arc<Daemon>, calls: &Arc<()>) {
    if Arc::strong_count(calls) > MAX_CALLS {
        log::line(format_args!("{MAX_CALLS} calls are served already"));
        return;
    }
    let (daemon, call) = (Arc::clone(daemon), Arc::clone(calls));
    let started = Builder::new().spawn(move || {
        let _counted = call;
        service::serve(Arc::new(stream), &daemon);
    });
    if let Err(error) = started {
        log::line(format_args!("a call can not be served: {error}"));
    }
}

/// Opens the socket. Who calls before [`run`] waits.
///
/// # Errors
/// What keeps it from being opened.
pub fn bind(socket: &Path) -> io::Result<UnixListener> {
    if let Some(parent) = socket.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(parent)?;
    }
    match UnixStream::connect(socket) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => remove_dead(socket)?,
        Err(error) => return Err(error),
        Ok(_) => {
            return Err(in_use(format!(
                "another daemon listens at {}",
                socket.display()
            )));
        }
    }
    // The socket must never be open to all, not even before a chmod.
    let usual = umask(Mode::from_raw_mode(0o117));
    let listener = UnixListener::bind(socket);
    umask(usual);
    listener
}

/// What refuses a connection is a socket that nobody listens at, or no socket.
fn remove_dead(socket: &Path) -> io::Result<()> {
    if fs::symlink_metadata(socket)?.file_type().is_socket() {
        fs::remove_file(socket)
    } else {
        Err(in_use(format!("{} is no socket", socket.display())))
    }
}

fn in_use(text: String) -> io::Error {
    io::Error::new(ErrorKind::AddrInUse, text)
}
