//! A line to another qube that is given up when nothing moves on it.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::time::Duration;

/// How long a helper waits for the storage qube, or for a person whom Qubes asks. A pack is
/// acknowledged once it is at its place, which may be at the end of a slow link.
pub const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// One direction of a line.
#[derive(Debug)]
pub struct Patient<F> {
    end: F,
    patience: Duration,
}

impl<F: AsFd> Patient<F> {
    /// Waits at most so long for each piece.
    ///
    /// # Errors
    /// When it is no pipe or socket.
    pub fn new(end: F, patience: Duration) -> io::Result<Self> {
        let flags = fcntl_getfl(&end)?;
        fcntl_setfl(&end, flags | OFlags::NONBLOCK)?;
        Ok(Self { end, patience })
    }

    fn wait(&self, until: PollFlags) -> io::Result<()> {
        let patience = Timespec::try_from(self.patience).map_err(io::Error::other)?;
        loop {
            match poll(&mut [PollFd::new(&self.end, until)], Some(&patience)) {
                Ok(0) => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl<F: AsFd + Read> Read for Patient<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.end.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(PollFlags::IN)?;
                }
                done => return done,
            }
        }
    }
}

impl<F: AsFd + Write> Write for Patient<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.end.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait(PollFlags::OUT)?;
                }
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.end.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;
    use std::thread;

    const SHORT: Duration = Duration::from_millis(50);
    const MUCH: usize = 4 << 20;

    fn pair() -> (Patient<UnixStream>, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        (Patient::new(ours, SHORT).unwrap(), theirs)
    }

    #[test]
    fn who_says_nothing_and_who_takes_nothing_is_given_up() {
        let (mut ours, _theirs) = pair();
        let silent = ours.read(&mut [0]).unwrap_err();
        assert_eq!(silent.kind(), io::ErrorKind::TimedOut);
        let full = ours.write_all(&vec![0; MUCH]).unwrap_err();
        assert_eq!(full.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn who_is_slow_is_waited_for() {
        let (mut ours, mut theirs) = pair();
        let slow = thread::spawn(move || {
            let mut all = vec![0; MUCH];
            for piece in all.chunks_mut(MUCH / 8) {
                thread::sleep(SHORT / 2);
                theirs.read_exact(piece).unwrap();
            }
            theirs.write_all(b"done").unwrap();
            all
        });
        ours.write_all(&vec![7; MUCH]).unwrap();
        let mut answer = [0; 4];
        ours.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"done");
        assert!(slow.join().unwrap().iter().all(|byte| *byte == 7));
        assert_eq!(ours.read(&mut answer).unwrap(), 0, "the end is no silence");
    }
}
