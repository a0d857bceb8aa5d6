//! ^C, SIGTERM and SIGHUP, as something to wait for beside a pipe.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tells when somebody asked to stop. Once asked, it stays so.
#[derive(Clone)]
pub struct Stop(Arc<File>);

/// Reads that end when somebody asked to stop, or when nothing comes for too long.
pub struct Watched<R> {
    input: R,
    stop: Stop,
    patience: Duration,
}

impl Stop {
    /// From here on signals no longer end the process but are noticed here.
    ///
    /// # Errors
    /// What the system says.
    pub fn catch() -> io::Result<Self> {
        Ok(Self(Arc::new(qrexec_sys::termination_signals()?)))
    }

    /// True once somebody asked to stop.
    pub fn asked(&self) -> bool {
        self.wait(Duration::ZERO)
    }

    /// Waits for `time`, or less when somebody asks to stop: then it is true.
    pub fn wait(&self, time: Duration) -> bool {
        let deadline = Instant::now().checked_add(time);
        loop {
            let left = deadline.map_or(time, |end| end.saturating_duration_since(Instant::now()));
            let mut files = [PollFd::new(&*self.0, PollFlags::IN)];
            match poll(&mut files, timespec(left).as_ref()) {
                Err(rustix::io::Errno::INTR) => {}
                result => return result.is_ok_and(|ready| ready > 0),
            }
        }
    }
}

impl<R: Read + AsFd> Watched<R> {
    /// Watches `input`; nothing for `patience` is an error of kind `TimedOut`.
    pub fn new(input: R, stop: Stop, patience: Duration) -> Self {
        Self {
            input,
            stop,
            patience,
        }
    }

    /// From now on it is an error when nothing comes for so long.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    fn wait(&self) -> io::Result<()> {
        let mut files = [
            PollFd::new(&self.input, PollFlags::IN),
            PollFd::new(&*self.stop.0, PollFlags::IN),
        ];
        let ready = poll(&mut files, timespec(self.patience).as_ref())?;
        let [input, stop] = &files;
        if !stop.revents().is_empty() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        if ready == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        debug_assert!(!input.revents().is_empty());
        Ok(())
    }
}

impl<R: Read + AsFd> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.wait() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(()) => return self.input.read(buffer),
            }
        }
    }
}

fn timespec(time: Duration) -> Option<Timespec> {
    Timespec::try_from(time).ok()
}
