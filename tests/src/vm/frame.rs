//! What travels on the line: pieces of many streams.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};

/// The longest piece.
pub(super) const LONGEST: usize = 64 * 1024;

/// The stream's number, the kind, the length.
const HEADER: usize = 9;

/// What a frame says of its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// It begins; for the guest, with the command line of a call.
    Open(String),
    /// The next piece.
    Data(Vec<u8>),
    /// So many bytes were passed on: so many more may come.
    Room(usize),
    /// Its end.
    Close,
}

/// The writing side of the line.
pub(super) struct Writer(Mutex<File>);

impl Writer {
    pub(super) fn new(line: File) -> Self {
        Self(Mutex::new(line))
    }

    pub(super) fn write(&self, stream: u32, frame: Frame) -> io::Result<()> {
        let (kind, body) = match frame {
            Frame::Open(command_line) => (0, command_line.into_bytes()),
            Frame::Data(piece) => (1, piece),
            Frame::Room(bytes) => (2, number(bytes)?.to_le_bytes().to_vec()),
            Frame::Close => (3, Vec::new()),
        };
        let mut bytes = Vec::with_capacity(HEADER + body.len());
        bytes.extend_from_slice(&stream.to_le_bytes());
        bytes.push(kind);
        bytes.extend_from_slice(&number(body.len())?.to_le_bytes());
        bytes.extend_from_slice(&body);
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        line.write_all(&bytes)
    }
}

fn number(bytes: usize) -> io::Result<u32> {
    u32::try_from(bytes).map_err(io::Error::other)
}

/// The next frame and the number of its stream.
pub(super) fn read(line: &mut File) -> io::Result<(u32, Frame)> {
    let mut header = [0; HEADER];
    line.read_exact(&mut header)?;
    let [a, b, c, d, kind, e, f, g, h] = header;
    let stream = u32::from_le_bytes([a, b, c, d]);
    let length = usize::try_from(u32::from_le_bytes([e, f, g, h])).map_err(io::Error::other)?;
    if length > LONGEST {
        return Err(io::Error::other("long frame"));
    }
    let mut body = vec![0; length];
    line.read_exact(&mut body)?;
    let frame = match kind {
        0 => Frame::Open(String::from_utf8(body).map_err(io::Error::other)?),
        1 => Frame::Data(body),
        2 => Frame::Room(room(&body)?),
        3 => Frame::Close,
        _ => return Err(io::Error::other("unknown frame")),
    };
    Ok((stream, frame))
}

fn room(body: &[u8]) -> io::Result<usize> {
    let bytes = body.try_into().map_err(io::Error::other)?;
    usize::try_from(u32::from_le_bytes(bytes)).map_err(io::Error::other)
}
