//! The client of Qubes' Admin API: qubesd's socket, byte for byte.

pub mod assignment;
pub mod call;
pub mod device;
pub mod event;
pub mod reply;
pub mod settings;

use crate::paths;
use crate::trace;
use qib_rpc::name::QubeName;
use reply::reply;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// Longer than the slowest call, a start, may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// The longest request that qubesd reads.
const MAX_REQUEST_BYTES: usize = 65_536;

/// Why a call to qubesd failed.
#[derive(Debug)]
pub enum AdminError {
    /// qubesd could not be reached.
    Unreachable(io::Error),
    /// qubesd refused without a word: it did not like the request.
    NoAnswer(String),
    /// qubesd raised an exception.
    Exception {
        /// The method called.
        method: String,
        /// The exception's type.
        kind: String,
        /// Its message.
        message: String,
    },
    /// The answer is not of the documented form.
    BadAnswer(String),
}

/// Calls `method` with `argument` on `qube`, with `payload`.
///
/// # Errors
/// [`AdminError`] says why.
pub fn call(
    method: &str,
    argument: &str,
    qube: &str,
    payload: &[u8],
) -> Result<Vec<u8>, AdminError> {
    call_at(paths::QUBESD, method, argument, qube, payload)
}

/// As [`call`], for the methods that only dom0 may use.
///
/// # Errors
/// [`AdminError`] says why.
pub fn call_internal(
    method: &str,
    argument: &str,
    qube: &str,
    payload: &[u8],
) -> Result<Vec<u8>, AdminError> {
    call_at(paths::QUBESD_INTERNAL, method, argument, qube, payload)
}

fn call_at(
    socket: &str,
    method: &str,
    argument: &str,
    qube: &str,
    payload: &[u8],
) -> Result<Vec<u8>, AdminError> {
    trace::say(format_args!("qubesd: {method}+{argument} {qube}"));
    let header = header(method, argument, qube);
    let answer = exchange(socket, header.as_bytes(), payload).map_err(AdminError::Unreachable)?;
    reply(method, answer)
}

fn header(method: &str, argument: &str, qube: &str) -> String {
    format!("{method}+{argument} dom0 name {qube}\0")
}

/// True when a request with so many bytes of payload is not too long for qubesd, which answers
/// nothing to a longer one.
pub fn fits(method: &str, argument: &str, qube: &QubeName, payload_bytes: usize) -> bool {
    let header = header(method, argument, qube.as_str());
    header.len().saturating_add(payload_bytes) <= MAX_REQUEST_BYTES
}

fn exchange(socket: &str, header: &[u8], payload: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(header)?;
    stream.write_all(payload)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => Ok(answer),
        // An aborted connection: the same as no answer.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

impl AdminError {
    /// True for an exception of this type.
    pub fn is(&self, exception: &str) -> bool {
        matches!(self, Self::Exception { kind, .. } if kind == exception)
    }
}

impl fmt::Display for AdminError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(error) => {
                write!(
                    out,
                    "qubesd can not be reached ({error}); run qib in dom0, as root"
                )
            }
            Self::NoAnswer(method) => {
                write!(out, "qubesd refused {method}; see 'journalctl -u qubesd'")
            }
            Self::Exception {
                method,
                kind,
                message,
            } => {
                write!(out, "qubesd: {message} ({kind}, {method})")
            }
            Self::BadAnswer(method) => write!(out, "qubesd's answer to {method} is not understood"),
        }
    }
}

impl std::error::Error for AdminError {}

impl From<AdminError> for crate::error::Error {
    fn from(error: AdminError) -> Self {
        Self::Admin(error)
    }
}
