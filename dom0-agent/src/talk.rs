//! One call from dom0: what is said and heard, bounded in bytes and in time.

use crate::destination::Destination;
use crate::error::{Error, Peer, Result};
use crate::stop::{Stop, Watched};
use crate::trace;
use qib_rpc::call::{Call, Hear, Speak};
use qib_rpc::line::{Frame, Heard, LineError, Receiver, Sender};
use qib_rpc::message::Message;
use qib_rpc::name::{PlaceName, QubeName};
use qib_rpc::service::Service;
use std::io;
use std::time::Duration;

/// A peer that says nothing for this long is given up.
const PATIENCE: Duration = Duration::from_secs(300);

/// A conversation of dom0's.
pub struct Talk {
    peer: Peer,
    sender: Sender<Speak>,
    receiver: Receiver<Watched<Hear>>,
    // Dropped last: ends the call.
    _call: Call,
}

impl Talk {
    /// Calls `service` in a helper; hears at most `limit` bytes beside progress.
    ///
    /// # Errors
    /// When the qrexec client can not be started.
    pub fn with_helper(
        helper: &QubeName,
        service: Service,
        limit: u64,
        stop: &Stop,
    ) -> Result<Self> {
        Self::start((Peer::Helper, helper, None), service, limit, stop)
    }

    /// Calls `service` in a storage qube, for one of its places.
    ///
    /// # Errors
    /// As [`Self::with_helper`].
    pub fn with_storage(
        Destination { qube, place }: &Destination,
        service: Service,
        limit: u64,
        stop: &Stop,
    ) -> Result<Self> {
        let called = (Peer::Storage, qube, place.as_ref());
        Self::start(called, service, limit, stop)
    }

    fn start(
        (peer, qube, place): (Peer, &QubeName, Option<&PlaceName>),
        service: Service,
        limit: u64,
        stop: &Stop,
    ) -> Result<Self> {
        let at = place.map_or_else(String::new, |place| format!(":{place}"));
        trace::say(format_args!("qrexec: {} in {qube}{at}", service.name()));
        let (call, speak, hear) = Call::from_dom0(qube, service, place)
            .map_err(|error| Error::Program("qrexec-client", error.to_string()))?;
        let watched = Watched::new(hear, stop.clone(), PATIENCE);
        let receiver = Receiver::with_limit(watched, limit);
        Ok(Self {
            peer,
            sender: Sender::new(speak),
            receiver,
            _call: call,
        })
    }

    /// Says a message.
    ///
    /// # Errors
    /// When nobody hears.
    pub fn say<M: Message>(&mut self, message: &M) -> Result<()> {
        self.sender
            .send(message)
            .map_err(|error| self.broken(error))
    }

    /// Says object bytes.
    ///
    /// # Errors
    /// When nobody hears.
    pub fn say_data(&mut self, bytes: &[u8]) -> Result<()> {
        self.sender
            .send_data(bytes)
            .map_err(|error| self.broken(error))
    }

    /// Hears a message of type `M`.
    ///
    /// # Errors
    /// [`Error::Fault`] when the peer refuses; [`Error::Line`] when the line breaks.
    pub fn hear<M: Message>(&mut self) -> Result<M> {
        let frame = self.hear_any()?;
        self.decode(&frame)
    }

    /// Hears whatever message comes.
    ///
    /// # Errors
    /// [`Error::Line`] when the line breaks.
    pub fn hear_any(&mut self) -> Result<Frame> {
        self.receiver.frame().map_err(|error| self.broken(error))
    }

    /// Takes a message as one of type `M`.
    ///
    /// # Errors
    /// [`Error::Fault`] when it is the peer's refusal; [`Error::Line`] when it is no `M`.
    pub fn decode<M: Message>(&self, frame: &Frame) -> Result<M> {
        let message = frame.decode().map_err(|error| self.broken(error))?;
        message.map_err(|fault| Error::Fault(self.peer, fault))
    }

    /// Hears exactly `bytes` of object data.
    ///
    /// # Errors
    /// As [`Self::hear`].
    pub fn hear_data(&mut self, bytes: u64) -> Result<Vec<u8>> {
        let mut data = Vec::new();
        let heard = self.receiver.receive_data(bytes, |piece| {
            data.extend_from_slice(piece);
            Ok::<(), LineError>(())
        });
        match heard {
            Ok(Ok(())) => Ok(data),
            Ok(Err(fault)) => Err(Error::Fault(self.peer, fault)),
            Err(error) => Err(self.broken(error)),
        }
    }

    /// How much was heard.
    pub fn heard(&self) -> Heard {
        self.receiver.heard()
    }

    fn broken(&self, error: LineError) -> Error {
        match error {
            LineError::Io(error) if error.kind() == io::ErrorKind::ConnectionAborted => {
                Error::Stopped
            }
            error => Error::Line(self.peer, error),
        }
    }
}
