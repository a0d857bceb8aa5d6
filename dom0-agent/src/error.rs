//! Errors of dom0's part. Each message says what to do; none holds a peer's text.

use crate::destination::Destination;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::line::LineError;
use qib_rpc::name::QubeName;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a command, or its work on one qube, failed.
#[derive(Debug)]
pub enum Error {
    /// A file or folder of ours could not be used.
    File(PathBuf, io::Error),
    /// The configuration is missing something or wrong.
    Config(String),
    /// qubesd could not be asked or refused.
    Admin(crate::admin::AdminError),
    /// The command line contradicts itself, or says too little.
    Usage(String),
    /// There is no configuration.
    NoConfig,
    /// `qib init` has not been run.
    NotInitialised,
    /// `qib init` has been run before.
    AlreadyInitialised,
    /// Storage holds what an earlier installation stored.
    EarlierInstallation(Destination),
    /// Another `qib` is at work.
    Busy,
    /// The user or the system asked to stop.
    Stopped,
    /// A question has to be answered, and there is no terminal.
    NobodyToAsk,
    /// Somebody has to agree, and nobody did.
    Declined(String),
    /// No passphrase could be read.
    Passphrase(String),
    /// There is no such qube.
    NoQube(QubeName),
    /// The storage qube does not exist.
    NoStorage(QubeName),
    /// The storage qube could not be used when the run began, for this reason.
    Away(Destination, String),
    /// The volume is empty, as it is before a qube's first start.
    NeverStarted,
    /// The volume can not be read safely as it is.
    Volume(String),
    /// A program that Qubes has could not be run or failed.
    Program(&'static str, String),
    /// A peer refused.
    Fault(Peer, Fault),
    /// A conversation broke.
    Line(Peer, LineError),
    /// A peer contradicts what dom0 knows.
    Disagree(String),
    /// The ledger is damaged, or storage knows a newer one.
    Ledger(String),
    /// A restore has no such source or target.
    Restore(String),
    /// The work on this qube failed.
    Of(QubeName, Box<Error>),
}

/// Who was talked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A helper.
    Helper,
    /// The storage qube.
    Storage,
}

/// What a fallible function of this program returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Attaches the path to an I/O error.
pub fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
    let path = path.into();
    |error| Error::File(path, error)
}

impl Error {
    /// Says whose work it was.
    #[must_use]
    pub fn of(self, qube: &QubeName) -> Self {
        Self::Of(qube.clone(), Box::new(self))
    }

    /// True when something that was stored is not there, or not whole.
    pub fn is_loss(&self) -> bool {
        let Self::Fault(Peer::Helper, fault) = self else {
            return false;
        };
        matches!(fault.code, Code::Missing | Code::Damaged)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(out, "{}: {error}", path.display()),
            Self::Admin(error) => error.fmt(out),
            Self::NoConfig => write!(
                out,
                "{}: it is missing; run 'qib setup --storage QUBE' to write it",
                crate::paths::CONFIG
            ),
            Self::NotInitialised => out.write_str(
                "not set up yet; run 'qib init', or 'qib recover' if there are backups already",
            ),
            Self::AlreadyInitialised => out.write_str(
                "already set up; a second 'qib init' would make every stored backup unreadable",
            ),
            Self::EarlierInstallation(storage) => write!(
                out,
                "the storage qube {storage} holds the backups of an earlier installation: \
                 'qib recover' gets them back, with their passphrase. To begin anew beside \
                 them, which leaves them as they are, say --begin-anew"
            ),
            Self::Busy => out.write_str("another qib is at work; wait until it has ended"),
            Self::Stopped => out.write_str("stopped; nothing that was stored is lost"),
            Self::NobodyToAsk => out.write_str(
                "there is no terminal to ask at; look at the plan with --dry-run, then pass --yes",
            ),
            Self::NeverStarted => {
                out.write_str("nothing to back up: its volume is empty, as before its first start")
            }
            Self::NoQube(name) => write!(out, "there is no qube named {name}"),
            Self::NoStorage(name) => write!(
                out,
                "the storage qube {name} does not exist; create it or name another one in {}",
                crate::paths::CONFIG
            ),
            Self::Away(name, why) => write!(out, "the storage qube {name} can not be used: {why}"),
            Self::Program(name, what) => write!(out, "{name}: {what}"),
            Self::Of(name, error) => write!(out, "{name}: {error}"),
            Self::Fault(peer, fault) => write!(out, "{fault}; {}", advice(*peer, fault.code)),
            Self::Line(peer, error) => {
                write!(out, "{}: {error}; {}", peer.name(), line(*peer, error))
            }
            Self::Usage(text)
            | Self::Config(text)
            | Self::Declined(text)
            | Self::Passphrase(text)
            | Self::Volume(text)
            | Self::Disagree(text)
            | Self::Ledger(text)
            | Self::Restore(text) => out.write_str(text),
        }
    }
}

impl std::error::Error for Error {}

impl Peer {
    const fn name(self) -> &'static str {
        match self {
            Self::Helper => "the helper",
            Self::Storage => "the storage qube",
        }
    }
}

fn line(peer: Peer, error: &LineError) -> String {
    match (peer, error) {
        (_, LineError::Io(error)) if error.kind() == io::ErrorKind::TimedOut => {
            "it said nothing for too long".to_owned()
        }
        (Peer::Helper, LineError::Lost) => {
            "it died or could not be called; is qib-helper installed in its template? Run again"
                .to_owned()
        }
        (Peer::Storage, LineError::Lost) => {
            "it died or could not be called; is qib-storage running in it? Start it and run again"
                .to_owned()
        }
        (_, LineError::Frame(_)) => {
            "do both sides have the same version, and does no login script print text?".to_owned()
        }
        _ => "run again; if it stays, the two sides may have different versions".to_owned(),
    }
}

fn advice(peer: Peer, code: Code) -> &'static str {
    match code {
        Code::StorageFull => "free space in the storage qube, or give it more, and run again",
        Code::QuotaUsedUp => "the volume may have grown meanwhile; run again",
        Code::StorageFailed | Code::StorageLost => {
            "look after the storage qube and its disk, and run again"
        }
        Code::DigestMismatch => "run again",
        Code::Missing | Code::Damaged | Code::NotOurs if peer == Peer::Helper => {
            "this snapshot can not be used in full; try another one (see 'qib snapshots'), or run \
             'qib verify' and take what is left of it with --hold-back lost"
        }
        Code::Missing | Code::Damaged | Code::NotOurs => "look after the storage qube's disk",
        Code::VolumeDirty => "shut the qube down and run again",
        Code::VolumeUnknown | Code::VolumeUnsupported => "this qube was not backed up",
        Code::VolumeEmpty => {
            "but it was backed up before: find out what emptied it, or restore it with --as NAME"
        }
        Code::VolumeCorrupt => "check the file system inside the qube (fsck), and run again",
        Code::WrongPassphrase => "try again with the passphrase given at 'qib init'",
        Code::WrongKit => "use the kit that 'qib init' made on this machine",
        Code::NoSuchPath => {
            "paths are those below /rw of an app qube, such as home/user/Documents; nothing was restored"
        }
        Code::TargetTooSmall => "restore to a larger volume",
        Code::TargetUnfit => "restore parts of it, with --path",
        Code::NoPermit | Code::NotAllowed | Code::Protocol => {
            "the versions in dom0, the helper's template and the storage qube may differ"
        }
        Code::SessionLives => "wait until it has ended, and run again",
        Code::TakerRefused => "run again and agree when Qubes asks; the qube must be able to start",
        Code::TakerFull => "make room in it, and run again",
        Code::TakerFailed => "look into its QubesIncoming, and run again",
        Code::NoPlace => {
            "look into its storage.toml with 'qib-storage check', and start its qib-storage again"
        }
        Code::NoDevice | Code::VolumeFailed | Code::HelperFailed => "run again",
    }
}
