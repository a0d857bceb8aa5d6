//! The two ends of a conversation: messages and object bytes over a byte stream.
//!
//! Results nest: the outer error means that the line is broken, the inner one
//! that the peer refused.

use crate::codec;
use crate::fault::Fault;
use crate::frame::{self, DATA, FrameError, Header};
use crate::limit::MAX_DATA_BYTES;
use crate::message::{Message, backup::Progress};
use std::fmt;
use std::io::{self, Read, Write};
use zeroize::{Zeroize, Zeroizing};

/// The line is broken; nothing more can be said on it.
#[derive(Debug)]
pub enum LineError {
    /// The peer ended the conversation too early, or died.
    Lost,
    /// The stream failed.
    Io(io::Error),
    /// The peer does not speak the protocol.
    Frame(FrameError),
    /// A message that has no place here, or that breaks its own rules.
    Unexpected,
    /// The peer said more than it may.
    TooMuch,
}

/// One frame as received.
#[derive(Debug)]
pub struct Frame {
    kind: u16,
    untrusted_body: Vec<u8>,
}

impl Drop for Frame {
    fn drop(&mut self) {
        // A message may have carried a key.
        if self.kind != DATA {
            self.untrusted_body.zeroize();
        }
    }
}

impl Frame {
    /// True when the frame carries a message of type `M`.
    pub fn is<M: Message>(&self) -> bool {
        self.kind == M::KIND
    }

    /// The message, which must be of type `M`, or the peer's refusal.
    ///
    /// # Errors
    /// [`LineError::Unexpected`] for any other frame.
    pub fn decode<M: Message>(&self) -> Result<Result<M, Fault>, LineError> {
        if self.kind == Fault::KIND && M::KIND != Fault::KIND {
            return Ok(Err(self.body()?));
        }
        if self.kind != M::KIND {
            return Err(LineError::Unexpected);
        }
        Ok(Ok(self.body()?))
    }

    fn body<M: Message>(&self) -> Result<M, LineError> {
        codec::decode(&self.untrusted_body).map_err(|_| LineError::Unexpected)
    }
}

/// The end that hears.
#[derive(Debug)]
pub struct Receiver<R> {
    input: R,
    heard: Heard,
    limit: u64,
}

/// How much a [`Receiver`] has heard, headers included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Bytes of progress messages.
    pub progress_bytes: u64,
    /// Bytes of everything else.
    pub answer_bytes: u64,
}

impl<R: Read> Receiver<R> {
    /// Hears whatever comes.
    pub fn new(input: R) -> Self {
        Self::with_limit(input, u64::MAX)
    }

    /// Hears at most `limit` bytes beside progress messages.
    pub fn with_limit(input: R, limit: u64) -> Self {
        Self {
            input,
            heard: Heard::default(),
            limit,
        }
    }

    /// How much was heard so far.
    pub fn heard(&self) -> Heard {
        self.heard
    }

    /// The stream itself.
    pub fn get_ref(&self) -> &R {
        &self.input
    }

    /// The stream itself.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.input
    }

    /// The next frame; `None` when the peer ended the stream between frames.
    ///
    /// # Errors
    /// [`LineError`] says how the line broke.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, LineError> {
        let Some(header) = frame::read_header(&mut self.input)? else {
            return Ok(None);
        };
        self.count(header)?;
        let mut untrusted_body = vec![0; header.body_bytes()];
        self.input.read_exact(&mut untrusted_body)?;
        Ok(Some(Frame {
            kind: header.kind(),
            untrusted_body,
        }))
    }

    /// The next frame, which must come.
    ///
    /// # Errors
    /// [`LineError`] says how the line broke.
    pub fn frame(&mut self) -> Result<Frame, LineError> {
        self.next_frame()?.ok_or(LineError::Lost)
    }

    /// The next message, which must be of type `M`, or the peer's refusal.
    ///
    /// # Errors
    /// [`LineError`] says how the line broke.
    pub fn receive<M: Message>(&mut self) -> Result<Result<M, Fault>, LineError> {
        self.frame()?.decode()
    }

    /// Exactly `bytes` of object data, handed to `sink` in pieces, or the peer's refusal.
    ///
    /// # Errors
    /// [`LineError`] says how the line broke; `E` is the sink's own error.
    pub fn receive_data<E: From<LineError>>(
        &mut self,
        bytes: u64,
        mut sink: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Result<(), Fault>, E> {
        let mut left = bytes;
        while left > 0 {
            let frame = self.frame()?;
            if frame.is::<Fault>() {
                return Ok(Err(frame.body()?));
            }
            let length = u64::try_from(frame.untrusted_body.len()).unwrap_or(u64::MAX);
            if frame.kind != DATA || length == 0 || length > left {
                return Err(LineError::Unexpected.into());
            }
            sink(&frame.untrusted_body)?;
            left = left.saturating_sub(length);
        }
        Ok(Ok(()))
    }

    fn count(&mut self, header: Header) -> Result<(), LineError> {
        let bytes = frame::HEADER_BYTES.saturating_add(header.body_bytes());
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let sum = if header.kind() == Progress::KIND {
            &mut self.heard.progress_bytes
        } else {
            &mut self.heard.answer_bytes
        };
        *sum = sum.saturating_add(bytes);
        if self.heard.answer_bytes > self.limit {
            Err(LineError::TooMuch)
        } else {
            Ok(())
        }
    }
}

/// The end that speaks.
#[derive(Debug)]
pub struct Sender<W> {
    output: W,
}

impl<W: Write> Sender<W> {
    /// Speaks into `output`.
    pub fn new(output: W) -> Self {
        Self { output }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// [`LineError::Lost`] when nobody hears any more, or another I/O error.
    pub fn send<M: Message>(&mut self, message: &M) -> Result<(), LineError> {
        let body = codec::encode(message).map_err(|_| LineError::Unexpected)?;
        let body = Zeroizing::new(body);
        frame::write(&mut self.output, M::KIND, &body)?;
        self.output.flush()?;
        Ok(())
    }

    /// Sends object bytes, as many frames as they need.
    ///
    /// # Errors
    /// [`LineError::Lost`] when nobody hears any more, or another I/O error.
    pub fn send_data(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        for piece in bytes.chunks(MAX_DATA_BYTES) {
            frame::write(&mut self.output, DATA, piece)?;
        }
        self.output.flush()?;
        Ok(())
    }

    /// Ends what is said: the peer sees an end of file.
    pub fn into_inner(self) -> W {
        self.output
    }
}

impl From<io::Error> for LineError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset => Self::Lost,
            _ => match error
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<FrameError>())
            {
                Some(frame) => Self::Frame(*frame),
                None => Self::Io(error),
            },
        }
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => out.write_str("the other side ended the call"),
            Self::Io(error) => write!(out, "the call failed: {error}"),
            Self::Frame(error) => error.fmt(out),
            Self::Unexpected => out.write_str("the other side broke the protocol"),
            Self::TooMuch => out.write_str("the other side said more than it may"),
        }
    }
}

impl std::error::Error for LineError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Code;
    use crate::message::object::{Finish, Finished};

    fn said(say: impl FnOnce(&mut Sender<Vec<u8>>)) -> Vec<u8> {
        let mut sender = Sender::new(Vec::new());
        say(&mut sender);
        sender.into_inner()
    }

    #[test]
    fn a_message_arrives() {
        let bytes = said(|sender| sender.send(&Finish {}).unwrap());
        let mut receiver = Receiver::new(bytes.as_slice());
        assert_eq!(receiver.receive::<Finish>().unwrap(), Ok(Finish {}));
        assert!(receiver.next_frame().unwrap().is_none());
    }

    #[test]
    fn a_fault_is_the_inner_error_and_another_message_the_outer() {
        let fault = Fault::new(Code::StorageFull);
        let bytes = said(|sender| {
            sender.send(&fault).unwrap();
            sender.send(&Finished {}).unwrap();
        });
        let mut receiver = Receiver::new(bytes.as_slice());
        assert_eq!(receiver.receive::<Finish>().unwrap(), Err(fault));
        assert!(matches!(
            receiver.receive::<Finish>(),
            Err(LineError::Unexpected)
        ));
        assert!(matches!(receiver.receive::<Finish>(), Err(LineError::Lost)));
    }

    #[test]
    fn data_over_the_announced_size_is_refused() {
        let bytes = said(|sender| sender.send_data(&[1; 10]).unwrap());
        let sink = |_: &[u8]| Ok::<(), LineError>(());
        assert!(
            Receiver::new(bytes.as_slice())
                .receive_data(9, sink)
                .is_err()
        );
        assert!(
            Receiver::new(bytes.as_slice())
                .receive_data(11, sink)
                .is_err()
        );
        assert!(matches!(
            Receiver::new(bytes.as_slice()).receive_data(10, sink),
            Ok(Ok(()))
        ));
    }

    #[test]
    fn a_peer_that_says_too_much_is_cut() {
        let bytes = said(|sender| (0..9).for_each(|_| sender.send(&Finish {}).unwrap()));
        let mut receiver = Receiver::with_limit(bytes.as_slice(), 30);
        assert!(receiver.receive::<Finish>().is_ok());
        assert!(receiver.receive::<Finish>().is_ok());
        assert!(matches!(
            receiver.receive::<Finish>(),
            Err(LineError::TooMuch)
        ));
    }

    #[test]
    fn progress_counts_apart() {
        let bytes = said(|sender| {
            sender
                .send(&Progress {
                    counts: Default::default(),
                })
                .unwrap();
            sender.send(&Finish {}).unwrap();
        });
        let mut receiver = Receiver::with_limit(bytes.as_slice(), 12);
        assert!(receiver.receive::<Progress>().is_ok());
        assert!(receiver.receive::<Finish>().is_ok());
        assert_eq!(
            receiver.heard(),
            Heard {
                progress_bytes: 100,
                answer_bytes: 12
            }
        );
    }
}
