//! Connections carried over one line. On both sides a stream's end is a Unix socket, whose
//! closing is the closing of the stream.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::frame::{self, Frame, LONGEST, Writer};
use super::room::Room;

/// Which side we are: each has numbers of its own for the streams that it opens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    Host,
    Guest,
}

/// One side of the line.
pub(super) struct Channel {
    writer: Writer,
    next: AtomicU32,
    streams: Mutex<BTreeMap<u32, Stream>>,
}

/// A stream that the other side has not closed.
struct Stream {
    /// To the thread that passes them on.
    pieces: mpsc::Sender<Vec<u8>>,
    room: Arc<Room>,
}

/// What the threads of a stream need.
struct Ends {
    received: Receiver<Vec<u8>>,
    room: Arc<Room>,
}

impl Channel {
    pub(super) fn new(line: File, side: Side) -> Arc<Self> {
        let first = match side {
            Side::Host => 0,
            Side::Guest => 1,
        };
        Arc::new(Self {
            writer: Writer::new(line),
            next: AtomicU32::new(first),
            streams: Mutex::default(),
        })
    }

    fn streams(&self) -> MutexGuard<'_, BTreeMap<u32, Stream>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a stream that ends in this socket here.
    pub(super) fn open(self: &Arc<Self>, command: String, socket: UnixStream) -> io::Result<()> {
        let number = self.next.fetch_add(2, Ordering::Relaxed);
        // It is known before the other side can answer.
        let ends = self.begin(number);
        self.writer.write(number, Frame::Open(command))?;
        self.carry(number, socket, ends)
    }

    /// Takes what comes on the line until its end. `answer` says where a stream is to end that
    /// the other side opens.
    pub(super) fn run<F>(self: &Arc<Self>, mut line: File, answer: F) -> io::Result<()>
    where
        F: Fn(String) -> io::Result<UnixStream>,
    {
        loop {
            let (number, frame) = frame::read(&mut line)?;
            match frame {
                Frame::Open(command) => match answer(command) {
                    Ok(socket) => self.carry(number, socket, self.begin(number))?,
                    Err(_) => self.writer.write(number, Frame::Close)?,
                },
                Frame::Data(piece) => {
                    if let Some(stream) = self.streams().get(&number) {
                        // Who passes them on ends only after the stream.
                        drop(stream.pieces.send(piece));
                    }
                }
                Frame::Room(bytes) => {
                    if let Some(stream) = self.streams().get(&number) {
                        stream.room.add(bytes);
                    }
                }
                Frame::Close => {
                    if let Some(stream) = self.streams().remove(&number) {
                        stream.room.close();
                    }
                }
            }
        }
    }

    fn begin(&self, number: u32) -> Ends {
        let (pieces, received) = mpsc::channel();
        let room = Arc::new(Room::new());
        let stream = Stream {
            pieces,
            room: Arc::clone(&room),
        };
        self.streams().insert(number, stream);
        Ends { received, room }
    }

    fn carry(self: &Arc<Self>, number: u32, socket: UnixStream, ends: Ends) -> io::Result<()> {
        let Ends { received, room } = ends;
        let (out, back) = (Arc::clone(self), Arc::clone(self));
        let ours = socket.try_clone()?;
        thread::spawn(move || {
            // When the line is gone, so is everything.
            drop(out.send_all(number, ours, &room));
            drop(out.writer.write(number, Frame::Close));
        });
        thread::spawn(move || back.pass_on(number, socket, received));
        Ok(())
    }

    /// Sends what the socket says until it closes.
    fn send_all(&self, number: u32, mut socket: UnixStream, room: &Room) -> io::Result<()> {
        let mut buffer = vec![0; LONGEST];
        loop {
            let length = socket.read(&mut buffer)?;
            let mut rest = buffer.get(..length).unwrap_or_default();
            if rest.is_empty() {
                return Ok(());
            }
            while !rest.is_empty() {
                let Some(taken) = room.take(rest.len()) else {
                    return Ok(());
                };
                let (piece, after) = rest.split_at(taken);
                self.writer.write(number, Frame::Data(piece.to_vec()))?;
                rest = after;
            }
        }
    }

    /// Gives the socket what comes until the other side closes the stream. What a socket does not
    /// take that is closed here is passed over.
    fn pass_on(&self, number: u32, mut socket: UnixStream, received: Receiver<Vec<u8>>) {
        for piece in received {
            if socket.write_all(&piece).is_err() {
                drop(socket.shutdown(Shutdown::Both));
            }
            drop(self.writer.write(number, Frame::Room(piece.len())));
        }
        drop(socket.shutdown(Shutdown::Both));
    }
}

#[cfg(test)]
mod tests;
