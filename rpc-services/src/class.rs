//! Classes of files that a careful restore holds back: after a compromise one wants documents,
//! and nothing that could start by itself.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Names that begin with a dot: what programs keep, read and start at a login.
    Hidden,
    /// Files that may be executed or run as another user, and launchers (`.desktop`).
    Executable,
    /// Symbolic links.
    Link,
    /// Devices and pipes.
    Device,
    /// What lies outside of `home`: of an app qube `rc.local`, `usrlocal`, `bind-dirs`.
    System,
    /// Files of which something is lost at storage, and folders whose names are.
    Lost,
}

impl Class {
    /// All of them, in the order of their bits.
    pub const ALL: [Self; 6] = [
        Self::Hidden,
        Self::Executable,
        Self::Link,
        Self::Device,
        Self::System,
        Self::Lost,
    ];

    /// Those of what could start by itself, or hurt: all that are told by what a file is.
    pub const CAREFUL: [Self; 5] = [
        Self::Hidden,
        Self::Executable,
        Self::Link,
        Self::Device,
        Self::System,
    ];

    /// Its name at the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Executable => "executable",
            Self::Link => "link",
            Self::Device => "device",
            Self::System => "system",
            Self::Lost => "lost",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Hidden => 1,
            Self::Executable => 2,
            Self::Link => 4,
            Self::Device => 8,
            Self::System => 16,
            Self::Lost => 32,
        }
    }
}

/// A word that names no class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAClass;

impl fmt::Display for NotAClass {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Class::ALL.into_iter().map(Class::name).collect();
        write!(out, "no such class; there are: {}", names.join(", "))
    }
}

impl std::error::Error for NotAClass {}

impl FromStr for Class {
    type Err = NotAClass;

    fn from_str(name: &str) -> Result<Self, NotAClass> {
        let mut all = Self::ALL.into_iter();
        all.find(|class| class.name() == name).ok_or(NotAClass)
    }
}

/// Some classes. **Invariant:** no other bits than theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Classes(u8);

impl Classes {
    /// Whether a class is among them.
    pub const fn has(self, class: Class) -> bool {
        self.0 & class.bit() != 0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Class> for Classes {
    fn from_iter<I: IntoIterator<Item = Class>>(classes: I) -> Self {
        Self(
            classes
                .into_iter()
                .fold(0, |bits, class| bits | class.bit()),
        )
    }
}

impl TryFrom<u8> for Classes {
    type Error = NotAClass;

    fn try_from(untrusted_bits: u8) -> Result<Self, NotAClass> {
        let all: Self = Class::ALL.into_iter().collect();
        if untrusted_bits & !all.0 == 0 {
            Ok(Self(untrusted_bits))
        } else {
            Err(NotAClass)
        }
    }
}

impl From<Classes> for u8 {
    fn from(classes: Classes) -> Self {
        classes.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_name_and_a_bit_of_its_own() {
        for class in Class::ALL {
            assert_eq!(class.name().parse(), Ok(class));
            let alone: Classes = [class].into_iter().collect();
            let others = Class::ALL.into_iter().filter(|other| alone.has(*other));
            assert_eq!(others.collect::<Vec<_>>(), [class]);
            assert_eq!(Classes::try_from(u8::from(alone)), Ok(alone));
        }
        assert_eq!(Classes::try_from(64), Err(NotAClass));
        assert_eq!("Hidden".parse::<Class>(), Err(NotAClass));
    }
}
