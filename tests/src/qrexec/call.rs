//! The command line that reaches an agent, and how a process' end becomes an exit code.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

pub(crate) const NOT_EXECUTABLE: i32 = 125;
pub(crate) const REFUSED: u8 = 126;
pub(crate) const NO_SERVICE: i32 = 127;

/// `USER:QUBESRPC SERVICE+ARG SOURCE [name|keyword TARGET]`, or `USER:` and a shell command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// A service, by name.
    Service(ServiceCall),
    /// A command for the shell.
    Shell(String),
}

/// A call of a service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ServiceCall {
    pub(crate) name: String,
    /// None when the call had no `+`.
    pub(crate) argument: Option<String>,
    pub(crate) source: String,
    /// Only in dom0: the kind of target asked for, and the target.
    pub(crate) target: Option<(String, String)>,
}

impl ServiceCall {
    /// The name as the service sees it: always with a `+`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}+{}", self.name, self.argument.as_deref().unwrap_or(""))
    }

    /// What a socket service reads before the stream.
    pub(crate) fn descriptor(&self) -> Vec<u8> {
        let target = self.target.as_ref();
        let target = target
            .map(|(kind, name)| format!(" {kind} {name}"))
            .unwrap_or_default();
        format!("{} {}{target}\0", self.full_name(), self.source).into_bytes()
    }
}

impl Call {
    /// The user is dropped: everything in the lab's qubes runs as their root.
    pub(crate) fn parse(command_line: &str) -> Option<Self> {
        let (_user, command) = command_line.split_once(':')?;
        let command = command.strip_prefix("nogui:").unwrap_or(command);
        let Some(rest) = command.strip_prefix("QUBESRPC ") else {
            return Some(Self::Shell(command.to_owned()));
        };
        let mut words = rest.split(' ');
        let service = words.next()?;
        let source = words.next()?.to_owned();
        let target = match (words.next(), words.next()) {
            (Some(kind), Some(name)) => Some((kind.to_owned(), name.to_owned())),
            _ => None,
        };
        let (name, argument) = match service.split_once('+') {
            Some((name, argument)) => (name, Some(argument.to_owned())),
            None => (service, None),
        };
        let usable = !name.is_empty() && !name.contains('/');
        let name = name.to_owned();
        usable.then_some(Self::Service(ServiceCall {
            name,
            argument,
            source,
            target,
        }))
    }
}

/// 0 to 255, and 128 + n for a process that signal n ended.
pub(crate) fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(255)
}
