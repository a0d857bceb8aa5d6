//! How a command ended, and the exit code that says so to scripts.

use crate::error::{Error, Peer};
use qib_rpc::fault::Code;
use qib_rpc::line::LineError;
use std::io::ErrorKind;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All is well.
    Well,
    /// Nothing was done, for a reason that has no code of its own.
    Failed,
    /// It can not be asked for so.
    Usage,
    /// Some of it was done.
    Partly,
    /// It was done, and something is wrong that was looked at.
    Wrong,
    /// Another `qib` is at work.
    Busy,
    /// The storage qube can not be used.
    Storage,
    /// It needs a person: an answer, or the right passphrase.
    Person,
    /// `qib setup`, or `qib init`, has not been run.
    NotSetUp,
    /// It was asked to stop.
    Stopped,
}

impl Ended {
    /// Every way to end, in the order of the codes.
    pub const ALL: [Self; 10] = [
        Self::Well,
        Self::Failed,
        Self::Usage,
        Self::Partly,
        Self::Wrong,
        Self::Busy,
        Self::Storage,
        Self::Person,
        Self::NotSetUp,
        Self::Stopped,
    ];

    /// The exit code. One never gets another meaning: scripts know it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Partly => 3,
            Self::Wrong => 4,
            Self::Busy => 5,
            Self::Storage => 6,
            Self::Person => 7,
            Self::NotSetUp => 8,
            Self::Stopped => 130,
        }
    }

    /// What the code means.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Well => "all is well",
            Self::Failed => "it failed, for a reason that has no code of its own",
            Self::Usage => "the command line is wrong; nothing was done",
            Self::Partly => "some of it was done and some failed",
            Self::Wrong => {
                "it was done, and something is wrong: what 'qib doctor' found, what is stored is \
                 not whole, a backup raised an alarm, or something is due"
            }
            Self::Busy => "another qib is at work; nothing was done",
            Self::Storage => "the storage qube, or its disk, can not be used or is full",
            Self::Person => {
                "a person is needed: a question was not answered with yes, or the passphrase is \
                 missing or wrong"
            }
            Self::NotSetUp => "qib is not set up here: see 'qib setup' and 'qib init'",
            Self::Stopped => "it was stopped",
        }
    }

    /// How a command ends with an error.
    pub fn after(error: &Error) -> Self {
        match error {
            Error::Of(_, error) => Self::after(error),
            Error::Usage(_) => Self::Usage,
            Error::Busy => Self::Busy,
            Error::Stopped => Self::Stopped,
            Error::NoConfig | Error::NotInitialised => Self::NotSetUp,
            Error::NobodyToAsk | Error::Declined(_) | Error::Passphrase(_) => Self::Person,
            Error::NoStorage(_) | Error::Away(..) => Self::Storage,
            Error::Line(Peer::Storage, error) if is_silent(error) => Self::Storage,
            Error::Fault(_, fault) => match fault.code {
                Code::StorageFull | Code::StorageFailed | Code::StorageLost | Code::NoPlace => {
                    Self::Storage
                }
                Code::WrongPassphrase | Code::TakerRefused => Self::Person,
                _ => Self::Failed,
            },
            _ => Self::Failed,
        }
    }

    /// How work on several qubes ended, of which one that fails does not stop the rest. What is
    /// wrong with what is stored counts more than what was not done.
    pub fn of_each(each: impl IntoIterator<Item = Self>) -> Self {
        let each: Vec<Self> = each.into_iter().collect();
        let mut bad = each.iter().copied().filter(|ended| *ended != Self::Well);
        let Some(first) = bad.next() else {
            return Self::Well;
        };
        if let Some(first) = [Self::Stopped, Self::Wrong]
            .into_iter()
            .find(|one| each.contains(one))
        {
            first
        } else if each.contains(&Self::Well) {
            Self::Partly
        } else if bad.all(|ended| ended == first) {
            first
        } else {
            Self::Failed
        }
    }
}

/// True when the other side is not there, and not when it talks nonsense.
fn is_silent(error: &LineError) -> bool {
    match error {
        LineError::Lost => true,
        LineError::Io(error) => error.kind() == ErrorKind::TimedOut,
        _ => false,
    }
}

/// The codes with their meanings, a line each.
pub fn table() -> String {
    let line = |ended: Ended| format!("\n{:>5}  {}", ended.code(), ended.meaning());
    let lines = Ended::ALL.map(line).concat();
    format!("Exit codes:{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ended::{Failed, Partly, Stopped, Storage, Well, Wrong};
    use std::collections::BTreeSet;

    #[test]
    fn each_has_a_code_of_its_own_and_they_are_in_order() {
        let codes = Ended::ALL.map(Ended::code);
        assert!(codes.is_sorted());
        assert_eq!(BTreeSet::from(codes).len(), codes.len());
    }

    #[test]
    fn several_end_as_the_most_important_of_them() {
        for (each, all) in [
            (&[][..], Well),
            (&[Well, Well], Well),
            (&[Well, Failed], Partly),
            (&[Partly, Failed, Failed], Failed),
            (&[Storage, Storage], Storage),
            (&[Storage, Well], Partly),
            (&[Storage, Failed], Failed),
            (&[Failed, Well, Wrong], Wrong),
            (&[Wrong, Stopped, Failed], Stopped),
        ] {
            assert_eq!(Ended::of_each(each.iter().copied()), all, "{each:?}");
        }
    }
}
