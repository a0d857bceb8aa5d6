//! What travels on a connection: pieces of three streams and an exit code.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;

/// The longest piece of a stream in one frame, as in qrexec.
pub(crate) const LONGEST: usize = 64 * 1024;
const HEADER: usize = 8;

/// The streams, with the numbers that qrexec gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stdin,
    Stdout,
    Stderr,
    Exit,
}

impl Kind {
    fn number(self) -> u32 {
        match self {
            Self::Stdin => 0x190,
            Self::Stdout => 0x191,
            Self::Stderr => 0x192,
            Self::Exit => 0x193,
        }
    }

    fn from_number(number: u32) -> io::Result<Self> {
        [Self::Stdin, Self::Stdout, Self::Stderr, Self::Exit]
            .into_iter()
            .find(|kind| kind.number() == number)
            .ok_or_else(|| io::Error::other("unknown frame"))
    }
}

/// One frame being filled: the header's room, then the piece.
pub(crate) struct Piece {
    bytes: Vec<u8>,
}

impl Piece {
    pub(crate) fn new() -> Self {
        Self {
            bytes: vec![0; HEADER + LONGEST],
        }
    }

    /// Reads the next piece of a stream; 0 is its end.
    pub(crate) fn read(&mut self, from: &mut impl Read) -> io::Result<usize> {
        loop {
            match from.read(self.bytes.get_mut(HEADER..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    /// Sends the first `length` bytes of the piece.
    pub(crate) fn send(&mut self, to: &Sender, kind: Kind, length: usize) -> io::Result<()> {
        let (header, _) = self.bytes.split_at_mut(HEADER);
        header.copy_from_slice(&header_bytes(kind, length)?);
        to.write(self.bytes.get(..HEADER + length).unwrap_or_default())
    }
}

fn header_bytes(kind: Kind, length: usize) -> io::Result<[u8; HEADER]> {
    let length = u32::try_from(length).map_err(io::Error::other)?;
    let both = u64::from(kind.number()) | (u64::from(length) << 32);
    Ok(both.to_le_bytes())
}

/// The writing side of a connection, shared by the threads that feed it.
pub(crate) struct Sender {
    socket: Mutex<UnixStream>,
}

impl Sender {
    pub(crate) fn new(socket: &UnixStream) -> io::Result<Self> {
        Ok(Self {
            socket: Mutex::new(socket.try_clone()?),
        })
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut socket = self
            .socket
            .lock()
            .map_err(|_| io::Error::other("poisoned"))?;
        socket.write_all(bytes)
    }

    pub(crate) fn exit(&self, code: i32) -> io::Result<()> {
        let mut frame = header_bytes(Kind::Exit, 4)?.to_vec();
        frame.extend_from_slice(&code.to_le_bytes());
        self.write(&frame)
    }
}

/// Reads frames, one at a time, into one buffer.
pub(crate) struct Receiver {
    socket: UnixStream,
    buffer: Vec<u8>,
}

impl Receiver {
    pub(crate) fn new(socket: UnixStream) -> Self {
        Self {
            socket,
            buffer: vec![0; LONGEST],
        }
    }

    /// The next frame, or nothing when the peer is gone.
    pub(crate) fn next(&mut self) -> io::Result<Option<(Kind, &[u8])>> {
        let mut header = [0; HEADER];
        match self.socket.read_exact(&mut header) {
            Err(error) if is_gone(&error) => return Ok(None),
            other => other?,
        }
        let [a, b, c, d, e, f, g, h] = header;
        let kind = Kind::from_number(u32::from_le_bytes([a, b, c, d]))?;
        let length = usize::try_from(u32::from_le_bytes([e, f, g, h])).map_err(io::Error::other)?;
        let body = self
            .buffer
            .get_mut(..length)
            .ok_or_else(|| io::Error::other("long frame"))?;
        match self.socket.read_exact(body) {
            Err(error) if is_gone(&error) => Ok(None),
            other => other.map(|()| Some((kind, &*body))),
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
    )
}
