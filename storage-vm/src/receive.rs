//! Receiving an object: exactly the bytes announced, with the digest of its name.

use crate::allowed::PutAllowed;
use crate::backend::{Arrival, Backend, Incoming, Trouble};
use crate::log;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::id::Digest;
use qib_rpc::line::{LineError, Receiver};
use qib_rpc::object::{Kind, ObjectName};
use sha2::{Digest as _, Sha256};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// An object is sent from memory: nothing legitimate pauses that long inside one.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// An object that arrived whole. Only the digest check makes it.
pub struct Proven<'place> {
    allowed: PutAllowed,
    incoming: Box<dyn Incoming + 'place>,
}

/// Why an object did not arrive.
#[derive(Debug)]
pub enum Broken {
    /// The line broke.
    Line(LineError),
    /// We refuse it.
    Refused(Fault),
}

impl From<LineError> for Broken {
    fn from(error: LineError) -> Self {
        Self::Line(error)
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault)
    }
}

/// Receives the data frames of an object.
///
/// # Errors
/// [`Broken`] says why it did not arrive.
pub fn receive<'place>(
    receiver: &mut Receiver<&UnixStream>,
    allowed: PutAllowed,
    backend: &'place dyn Backend,
) -> Result<Proven<'place>, Broken> {
    let name = allowed.spot().name;
    let mut incoming = backend
        .begin(&allowed)
        .map_err(|trouble| refuse(&trouble, name))?;
    let mut hash = Sha256::new();
    patience(receiver, Some(LONGEST_PAUSE))?;
    let heard = receiver.receive_data(allowed.bytes(), |bytes| {
        hash.update(bytes);
        incoming
            .write(bytes)
            .map_err(|trouble| Broken::Refused(refuse(&trouble, name)))
    })?;
    // A helper that gives up is as good as gone.
    heard.map_err(|_| LineError::Lost)?;
    patience(receiver, None)?;
    if Digest::new(hash.finalize().into()) != name.digest {
        return Err(Fault::about(Code::DigestMismatch, name.digest).into());
    }
    Ok(Proven { allowed, incoming })
}

impl Proven<'_> {
    /// What it is.
    pub fn kind(&self) -> Kind {
        self.allowed.spot().name.kind
    }

    /// Stores the object, if the permit still lives.
    ///
    /// # Errors
    /// A fault when it is not stored.
    pub fn store(self) -> Result<ObjectName, Fault> {
        let name = self.allowed.spot().name;
        if !self.allowed.lives() {
            return Err(Fault::about(Code::NoPermit, name.digest));
        }
        match self.incoming.store() {
            Ok(Arrival::New) => self.allowed.take(),
            Ok(Arrival::Known) => {}
            Err(trouble) => return Err(refuse(&trouble, name)),
        }
        Ok(name)
    }
}

fn patience(receiver: &Receiver<&UnixStream>, wait: Option<Duration>) -> Result<(), LineError> {
    Ok(receiver.get_ref().set_read_timeout(wait)?)
}

fn refuse(trouble: &Trouble, name: ObjectName) -> Fault {
    log::line(format_args!("{name}: {trouble}"));
    trouble.about(name.digest)
}
