//! One call, from its descriptor to its end.

mod forget;
mod get;
mod permit;
mod put;
mod records;
mod scrub;

use crate::descriptor::{self, BadCall, Claim, Request};
use crate::hang_up::hang_up;
use crate::log;
use crate::permit::{Permits, Visit};
use crate::places::Places;
use crate::receive::Broken;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::line::{Frame, LineError, Sender};
use qib_rpc::message::Message;
use qib_rpc::message::version::Version;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// What every call shares.
pub struct Daemon {
    /// Where objects are kept.
    pub places: Places,
    /// The sessions that live.
    pub permits: Permits,
    /// For how many days, at least, the trash keeps what comes to it.
    pub trash_days: u32,
}

/// Why a conversation ends before its end.
enum Ended {
    /// We refuse, and the peer has yet to be told.
    Refused(Fault),
    /// The line broke.
    Line(LineError),
}

impl From<Broken> for Ended {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Line(error) => error.into(),
            Broken::Refused(fault) => fault.into(),
        }
    }
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        LineError::from(error).into()
    }
}

impl From<Fault> for Ended {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault)
    }
}

impl From<LineError> for Ended {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Lost | LineError::Io(_) => Self::Line(error),
            LineError::Frame(_) | LineError::Unexpected | LineError::TooMuch => {
                Self::Refused(Fault::new(Code::Protocol))
            }
        }
    }
}

/// Serves one call.
pub fn serve(stream: Arc<UnixStream>, daemon: &Daemon) {
    match answer(&stream, daemon) {
        Ok(()) => {}
        Err(Ended::Refused(fault)) => tell(&stream, &fault),
        Err(Ended::Line(error)) => log::line(format_args!("a call ended early: {error}")),
    }
    hang_up(&stream);
}

fn answer(stream: &Arc<UnixStream>, daemon: &Daemon) -> Result<(), Ended> {
    let untrusted_text = descriptor::read(stream)?;
    let request = descriptor::decode(&untrusted_text).map_err(refuse)?;
    match request {
        Request::Permit(dom0) => permit::answer(stream, daemon, &dom0),
        Request::Records(dom0) => records::answer(stream, daemon, &dom0),
        Request::Forget(dom0) => forget::answer(stream, daemon, &dom0),
        Request::Scrub(dom0) => scrub::answer(stream, daemon, &dom0),
        Request::Version(dom0) => {
            daemon.places.of(&dom0)?;
            Ok(Sender::new(stream.as_ref()).send(&Version::OURS)?)
        }
        Request::Put(claim) => put::answer(stream, daemon, enter(stream, daemon, &claim)?),
        Request::Get(claim) => get::answer(stream, daemon, enter(stream, daemon, &claim)?),
    }
}

fn enter(stream: &Arc<UnixStream>, daemon: &Daemon, claim: &Claim) -> Result<Visit, Fault> {
    daemon.permits.find(claim)?.enter(Arc::clone(stream))
}

/// Tells the peer why we refuse; that ends the conversation.
fn tell(stream: &UnixStream, fault: &Fault) {
    log::line(format_args!("refused: {fault}"));
    // If the peer is gone, nobody needs to know.
    let _unheard = Sender::new(stream).send(fault);
    let _gone = stream.shutdown(Shutdown::Write);
}

/// The message in a frame. A peer that sends a fault instead has ended the conversation.
fn said<M: Message>(frame: &Frame) -> Result<M, Ended> {
    frame.decode()?.map_err(|_| Ended::Line(LineError::Lost))
}

fn refuse(call: BadCall) -> Fault {
    Fault::new(match call {
        BadCall::NotUnderstood => Code::Protocol,
        BadCall::WrongCaller => Code::NotAllowed,
    })
}
