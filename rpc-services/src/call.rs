//! Starting a qrexec call.
//!
//! A call is a child process whose standard input and output are the
//! conversation. Its standard error is thrown away: it may hold a peer's text.

use crate::id::SessionId;
use crate::name::{PlaceName, QubeName};
use crate::service::{FILE_COPY, FOUND_FILE, HELPER_FOLDER, Service};
use std::io;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

/// qrexec's own exit codes.
pub mod exit {
    /// The policy refused the call.
    pub const REFUSED: i32 = 126;
    /// The called qube has no such service.
    pub const NO_SERVICE: i32 = 127;
}

/// What somebody looks at files with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// A file manager.
    Files,
    /// A terminal.
    Terminal,
    /// What a search found.
    Found,
}

/// A call that is under way. Dropping it ends it.
#[derive(Debug)]
pub struct Call {
    child: Child,
}

impl Call {
    /// Calls from dom0, as root in `qube`; of a storage qube, for one of its places.
    ///
    /// # Errors
    /// When the client can not be started.
    pub fn from_dom0(
        qube: &QubeName,
        service: Service,
        place: Option<&PlaceName>,
    ) -> io::Result<(Self, Speak, Hear)> {
        let mut command = Command::new("/usr/bin/qrexec-client");
        command.args(["-d", qube.as_str(), "-T", "-w", "60"]);
        let argument = place.map_or_else(String::new, |place| format!("+{place}"));
        command.arg(format!("root:QUBESRPC {}{argument} dom0", service.name()));
        Self::start(command)
    }

    /// Calls from a helper.
    ///
    /// # Errors
    /// When the client can not be started.
    pub fn from_helper(
        storage: &QubeName,
        service: Service,
        session: SessionId,
    ) -> io::Result<(Self, Speak, Hear)> {
        let mut command = Command::new("/usr/bin/qrexec-client-vm");
        command
            .arg(storage.as_str())
            .arg(format!("{}+{session}", service.name()));
        Self::start(command)
    }

    /// Calls the qube that is to take files, from a helper.
    ///
    /// # Errors
    /// When the client can not be started.
    pub fn to_taker(taker: &QubeName) -> io::Result<(Self, Speak, Hear)> {
        let mut command = Command::new("/usr/bin/qrexec-client-vm");
        command.args([taker.as_str(), FILE_COPY]);
        Self::start(command)
    }

    /// Has `qube` write to its disks what it holds, from dom0, as root. Nothing is said but
    /// that, and nothing is heard.
    ///
    /// # Errors
    /// When the client can not be started.
    pub fn sync(qube: &QubeName) -> io::Result<Self> {
        Self::silent(qube, "5", "root:nogui:sync")
    }

    /// Opens a window on the snapshots that `helper` shows, from dom0, as the user of that
    /// disposable, once it has a screen. Nothing is said but that, and nothing is heard.
    ///
    /// # Errors
    /// When the client can not be started.
    pub fn window(helper: &QubeName, window: Window) -> io::Result<Self> {
        let program = match window {
            Window::Files => "xdg-open .".to_owned(),
            Window::Terminal => "qubes-run-terminal".to_owned(),
            Window::Found => format!("xdg-open {FOUND_FILE}"),
        };
        let command = format!("DEFAULT:cd {HELPER_FOLDER} && exec {program}");
        Self::silent(helper, "60", &command)
    }

    /// Nothing of a peer's reaches dom0's terminal.
    fn silent(qube: &QubeName, wait: &str, run: &str) -> io::Result<Self> {
        let mut command = Command::new("/usr/bin/qrexec-client");
        command.args(["-d", qube.as_str(), "-w", wait, run]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        qrexec_sys::set_apart(&mut command);
        let child = command.spawn()?;
        Ok(Self { child })
    }

    fn start(mut command: Command) -> io::Result<(Self, Speak, Hear)> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        qrexec_sys::set_apart(&mut command);
        let mut child = command.spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(speak), Some(hear)) => Ok((Self { child }, speak, hear)),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// The number of the client's process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the call has ended; both pipe ends must be dropped before.
    ///
    /// # Errors
    /// As [`Child::wait`].
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// The exit status if the call has ended by now.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // An error means that it is gone already.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// The caller's words.
pub type Speak = ChildStdin;

/// The called one's words.
pub type Hear = ChildStdout;
