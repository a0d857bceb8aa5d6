//! What qubesd answers: content, an exception, or nothing at all.

use std::fmt;

/// Content, or why not.
pub(crate) type Answer = Result<String, Refusal>;

/// A call that qubesd did not carry out.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// The caller is told the kind and a message.
    Exception { kind: String, message: String },
    /// A fault in the call itself: the connection closes without a byte.
    Protocol(String),
}

impl Refusal {
    pub(crate) fn exception(kind: &str, message: &str) -> Self {
        Self::Exception {
            kind: kind.to_owned(),
            message: message.to_owned(),
        }
    }

    pub(crate) fn protocol(why: &str) -> Self {
        Self::Protocol(why.to_owned())
    }

    pub(crate) fn no_qube(name: &str) -> Self {
        Self::exception("QubesVMNotFoundError", &format!("No such domain: '{name}'"))
    }
}

/// Passes when the call is as it has to be.
pub(crate) fn enforce(holds: bool) -> Result<(), Refusal> {
    if holds {
        Ok(())
    } else {
        Err(Refusal::protocol("permission denied"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exception { kind, message } => write!(f, "{kind}: {message}"),
            Self::Protocol(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Refusal {}

/// A fault of the lab itself reads like one of the pool or the hypervisor.
impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::exception("QubesException", &format!("{error:#}"))
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::exception("QubesException", &error.to_string())
    }
}

/// The bytes that go over the socket.
pub(crate) fn encode(answer: &Answer) -> Vec<u8> {
    match answer {
        Ok(content) => [b"0\0", content.as_bytes()].concat(),
        Err(Refusal::Exception { kind, message }) => {
            format!("2\0{kind}\0\0{message}\0").into_bytes()
        }
        Err(Refusal::Protocol(_)) => Vec::new(),
    }
}
