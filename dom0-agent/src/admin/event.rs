//! What happens on the machine, as qubesd tells it: one connection, on which events come one
//! after the other until either side ends it.

use crate::admin::AdminError;
use crate::error::{Error, Result};
use crate::paths;
use crate::stop::{Stop, Watched};
use qib_rpc::name::QubeName;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

const METHOD: &str = "admin.Events";

/// An event, once begun, comes whole; and qubesd's first one comes at once.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest event, in bytes. The longest value in one is that of a feature, which comes to
/// qubesd in a call of at most 64 KiB.
const LONGEST: u64 = 256 << 10;

/// Something that happened. What else qubesd says of it is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The qube that it happened to, if it was one.
    pub qube: Option<QubeName>,
    /// What, as `domain-shutdown`.
    pub name: String,
}

/// The connection.
pub struct Events(BufReader<Watched<UnixStream>>);

impl Events {
    /// Asks for all events from now on.
    ///
    /// # Errors
    /// When qubesd can not be reached, or does not tell events.
    pub fn subscribe(stop: &Stop) -> Result<Self> {
        let stream = ask().map_err(AdminError::Unreachable)?;
        let mut events = Self(BufReader::new(Watched::new(stream, stop.clone(), PATIENCE)));
        match events.read()? {
            event if event.name == "connection-established" => Ok(events),
            _ => Err(bad()),
        }
    }

    /// The next event; none when none comes for so long.
    ///
    /// # Errors
    /// When the connection ended, somebody asked to stop, or what came is no event.
    pub fn next(&mut self, time: Duration) -> Result<Option<Event>> {
        self.0.get_mut().set_patience(time);
        match self.0.fill_buf() {
            Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(None),
            result => result.map_err(broken)?,
        };
        self.0.get_mut().set_patience(PATIENCE);
        self.read().map(Some)
    }

    fn read(&mut self) -> Result<Event> {
        read(&mut self.0).map_err(broken)?.ok_or_else(bad)
    }
}

fn ask() -> io::Result<UnixStream> {
    let mut stream = UnixStream::connect(paths::QUBESD)?;
    stream.write_all(format!("{METHOD}+ dom0 name dom0\0").as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    Ok(stream)
}

fn broken(error: io::Error) -> Error {
    match error.kind() {
        ErrorKind::ConnectionAborted => Error::Stopped,
        _ => AdminError::Unreachable(error).into(),
    }
}

fn bad() -> Error {
    AdminError::BadAnswer(METHOD.to_owned()).into()
}

/// Reads one event; none when it is not of the documented form: `1 NUL SUBJECT NUL EVENT NUL
/// (KEY NUL VALUE NUL)* NUL`.
///
/// # Errors
/// When the connection fails or ends within the event.
pub fn read(input: &mut impl BufRead) -> io::Result<Option<Event>> {
    let mut input = input.take(LONGEST);
    let kind = field(&mut input)?;
    if kind.as_deref() != Some(b"1") {
        return Ok(None);
    }
    let (Some(subject), Some(name)) = (field(&mut input)?, field(&mut input)?) else {
        return Ok(None);
    };
    loop {
        match field(&mut input)? {
            Some(key) if key.is_empty() => break,
            Some(_) if field(&mut input)?.is_some() => {}
            _ => return Ok(None),
        }
    }
    let is_plain = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let Some(name) = String::from_utf8(name).ok().filter(|_| is_plain) else {
        return Ok(None);
    };
    let subject = String::from_utf8(subject).ok();
    let qube = subject.and_then(|subject| QubeName::parse(&subject).ok());
    Ok(Some(Event { qube, name }))
}

/// The bytes before the next NUL; none when the limit is reached before.
fn field(input: &mut io::Take<impl BufRead>) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    input.read_until(0, &mut bytes)?;
    match bytes.pop() {
        Some(0) => Ok(Some(bytes)),
        _ if input.limit() == 0 => Ok(None),
        _ => Err(ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(qube: Option<&str>, name: &str) -> Event {
        let qube = qube.map(|name| QubeName::parse(name).unwrap());
        let name = name.to_owned();
        Event { qube, name }
    }

    #[test]
    fn events_as_qubesd_tells_them_one_after_the_other() {
        let mut bytes: &[u8] = b"1\0\0connection-established\0\0\
            1\0work\0domain-pre-start\0start_guid\0True\0mem_required\0None\0\0\
            1\0work\0property-set:netvm\0name\0netvm\0newvalue\0\0\0\
            1\0work\0domain-shutdown\0\0\
            1\0\0domain-add\0vm\0work\0\0";
        let expected = [
            event(None, "connection-established"),
            event(Some("work"), "domain-pre-start"),
            event(Some("work"), "property-set:netvm"),
            event(Some("work"), "domain-shutdown"),
            event(None, "domain-add"),
        ];
        for expected in expected {
            assert_eq!(read(&mut bytes).unwrap(), Some(expected));
        }
        assert!(read(&mut bytes).is_err(), "the end");
    }

    #[test]
    fn what_is_no_event_is_refused() {
        let endless = [b"1\0work\0domain-shutdown\0".as_slice(), &[b'a'; 300 << 10]].concat();
        let fields = [
            b"1\0work\0domain-shutdown\0".as_slice(),
            &b"a\0b\0".repeat(70_000),
        ]
        .concat();
        let wrong: [&[u8]; 7] = [
            b"0\0\0",
            b"2\0QubesException\0\0no\0",
            b"11\0work\0domain-shutdown\0\0",
            b"1\0work\0\0\0",
            b"1\0work\0domain\x1b[2J\0\0",
            &endless,
            &fields,
        ];
        for mut bytes in wrong {
            let shown = bytes.iter().take(40).copied().collect::<Vec<_>>();
            assert_eq!(read(&mut bytes).unwrap(), None, "{}", shown.escape_ascii());
        }
    }

    #[test]
    fn an_event_that_is_cut_off_is_the_end_of_the_line() {
        let whole = b"1\0work\0domain-pre-start\0start_guid\0True\0\0";
        for length in 0..whole.len() {
            let mut part = whole.get(..length).unwrap();
            assert!(read(&mut part).is_err(), "{length}");
        }
    }

    #[test]
    fn a_subject_that_is_no_qube_is_none() {
        let mut bytes: &[u8] = b"1\0../../etc\0domain-shutdown\0\0";
        assert_eq!(
            read(&mut bytes).unwrap(),
            Some(event(None, "domain-shutdown"))
        );
    }
}
