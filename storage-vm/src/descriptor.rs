//! The descriptor: who calls for what, as qrexec says before the stream.
//!
//! `SERVICE+ARGUMENT SOURCE` and a NUL byte. The source is trustworthy: dom0's
//! own daemon writes it. The service and its argument are the caller's words.

use qib_rpc::id::SessionId;
use qib_rpc::name::{PlaceName, QubeName};
use qib_rpc::service::Service;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// The longest descriptor that one of our services can have is far shorter.
const MAX_DESCRIPTOR_BYTES: usize = 256;

/// qrexec sends the descriptor as soon as it is connected.
const DESCRIPTOR_WAIT: Duration = Duration::from_secs(5);

/// Proof that the caller is dom0, and which place its call is about.
#[derive(Debug, PartialEq, Eq)]
pub struct Dom0 {
    place: Option<PlaceName>,
}

impl Dom0 {
    /// The name of the place; none for the one that needs none.
    pub fn place(&self) -> &Option<PlaceName> {
        &self.place
    }
}

/// A helper and the session that it claims. Only a permit makes that count.
#[derive(Debug, PartialEq, Eq)]
pub struct Claim {
    /// Who calls.
    pub helper: QubeName,
    /// The argument of the call.
    pub session: SessionId,
}

/// A call that may be served.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// `qib.Permit` from dom0.
    Permit(Dom0),
    /// `qib.Records` from dom0.
    Records(Dom0),
    /// `qib.Forget` from dom0.
    Forget(Dom0),
    /// `qib.Scrub` from dom0.
    Scrub(Dom0),
    /// `qib.Put` from some qube.
    Put(Claim),
    /// `qib.Get` from some qube.
    Get(Claim),
    /// `qib.StorageVersion` from dom0.
    Version(Dom0),
}

/// Why a call is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadCall {
    /// No descriptor of a service of ours.
    NotUnderstood,
    /// Only another caller may call this.
    WrongCaller,
}

/// Reads the descriptor and not a byte of what follows it.
///
/// # Errors
/// An I/O error, one for a descriptor that is too late or too long included.
pub fn read(stream: &UnixStream) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + DESCRIPTOR_WAIT;
    let mut untrusted_text = Vec::new();
    let mut byte = [0];
    while untrusted_text.len() < MAX_DESCRIPTOR_BYTES {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        (&mut &*stream).read_exact(&mut byte)?;
        if byte == [0] {
            stream.set_read_timeout(None)?;
            return Ok(untrusted_text);
        }
        untrusted_text.extend_from_slice(&byte);
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Understands a descriptor, without its NUL.
///
/// # Errors
/// [`BadCall`] says why the call can not be served.
pub fn decode(untrusted_text: &[u8]) -> Result<Request, BadCall> {
    let untrusted_text = std::str::from_utf8(untrusted_text).map_err(|_| BadCall::NotUnderstood)?;
    let (untrusted_call, source) = untrusted_text
        .split_once(' ')
        .ok_or(BadCall::NotUnderstood)?;
    let (untrusted_service, untrusted_argument) = untrusted_call
        .split_once('+')
        .unwrap_or((untrusted_call, ""));
    match Service::parse(untrusted_service) {
        Some(Service::Permit) => dom0(untrusted_argument, source).map(Request::Permit),
        Some(Service::Records) => dom0(untrusted_argument, source).map(Request::Records),
        Some(Service::Forget) => dom0(untrusted_argument, source).map(Request::Forget),
        Some(Service::Scrub) => dom0(untrusted_argument, source).map(Request::Scrub),
        Some(Service::Put) => claim(untrusted_argument, source).map(Request::Put),
        Some(Service::Get) => claim(untrusted_argument, source).map(Request::Get),
        Some(Service::StorageVersion) => dom0(untrusted_argument, source).map(Request::Version),
        _ => Err(BadCall::NotUnderstood),
    }
}

fn dom0(untrusted_argument: &str, source: &str) -> Result<Dom0, BadCall> {
    if source != "dom0" {
        return Err(BadCall::WrongCaller);
    }
    let place = match untrusted_argument {
        "" => None,
        name => Some(PlaceName::parse(name).map_err(|_| BadCall::NotUnderstood)?),
    };
    Ok(Dom0 { place })
}

fn claim(untrusted_argument: &str, source: &str) -> Result<Claim, BadCall> {
    Ok(Claim {
        helper: QubeName::parse(source).map_err(|_| BadCall::WrongCaller)?,
        session: SessionId::parse(untrusted_argument).ok_or(BadCall::NotUnderstood)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_is_understood() {
        let of = |place: Option<&str>| Dom0 {
            place: place.map(|name| PlaceName::parse(name).unwrap()),
        };
        for (call, request) in [
            ("qib.Permit dom0", Request::Permit(of(None))),
            (
                "qib.Permit+cloud-2 dom0",
                Request::Permit(of(Some("cloud-2"))),
            ),
            ("qib.Records+ dom0", Request::Records(of(None))),
            ("qib.Forget+nas dom0", Request::Forget(of(Some("nas")))),
            ("qib.StorageVersion dom0", Request::Version(of(None))),
        ] {
            assert_eq!(decode(call.as_bytes()), Ok(request), "{call}");
        }
        let call = format!("qib.Put+{} disp7", "0a".repeat(16));
        let Ok(Request::Put(claim)) = decode(call.as_bytes()) else {
            panic!("not understood");
        };
        assert_eq!(claim.helper.as_str(), "disp7");
        assert_eq!(claim.session, SessionId::new([10; 16]));
    }

    #[test]
    fn hostile_descriptors_are_refused() {
        let id = "0a".repeat(16);
        for (text, why) in [
            (String::new(), BadCall::NotUnderstood),
            ("qib.Permit".to_owned(), BadCall::NotUnderstood),
            ("qib.Permit work".to_owned(), BadCall::WrongCaller),
            ("qib.Records dom0 ".to_owned(), BadCall::WrongCaller),
            ("qib.Forget work".to_owned(), BadCall::WrongCaller),
            ("qib.Scrub+ work".to_owned(), BadCall::WrongCaller),
            ("qib.StorageVersion work".to_owned(), BadCall::WrongCaller),
            ("qib.Permit+x work".to_owned(), BadCall::WrongCaller),
            ("qib.Permit+X dom0".to_owned(), BadCall::NotUnderstood),
            ("qib.Permit+x+y dom0".to_owned(), BadCall::NotUnderstood),
            ("qib.Records+../x dom0".to_owned(), BadCall::NotUnderstood),
            ("qib.Backup dom0".to_owned(), BadCall::NotUnderstood),
            ("qubes.Filecopy work".to_owned(), BadCall::NotUnderstood),
            (format!("qib.Put+{id} dom0"), BadCall::WrongCaller),
            (format!("qib.Put+{id} ../x"), BadCall::WrongCaller),
            (format!("qib.Put+{id}+ work"), BadCall::NotUnderstood),
            (
                format!("qib.Put+{} work", id.to_uppercase()),
                BadCall::NotUnderstood,
            ),
            (
                "qib.Put+../../etc/passwd work".to_owned(),
                BadCall::NotUnderstood,
            ),
            ("qib.Get work".to_owned(), BadCall::NotUnderstood),
        ] {
            assert_eq!(decode(text.as_bytes()), Err(why), "{text}");
        }
        assert_eq!(decode(b"qib.Permit \xff"), Err(BadCall::NotUnderstood));
    }
}
