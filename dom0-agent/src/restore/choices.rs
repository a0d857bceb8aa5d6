//! How the user wants qubes restored where there is a choice.

use crate::settings::Word;
use qib_rpc::name::QubeName;
use std::fmt;
use std::str::FromStr;

/// What the user chose.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// The name of the qube to make; as the old one without.
    pub target: Option<QubeName>,
    /// What to do about a qube whose name is taken.
    pub conflict: Conflict,
    /// What to restore of each qube.
    pub scope: Scope,
    /// Do without templates and net qubes that are not there.
    pub ignore_missing: bool,
    /// Templates to take for others.
    pub templates: Vec<Instead>,
    /// Net qubes to take for others.
    pub netvms: Vec<Instead>,
    /// Pools to take for others.
    pub pools: Vec<InsteadPool>,
}

/// What to do about a qube whose name is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflict {
    /// Leave it out, as a failure.
    #[default]
    Refuse,
    /// Make it under a name that is free.
    Rename,
    /// Leave it out.
    Skip,
    /// Give the qube that is there the old content and settings.
    Replace,
}

/// What to restore of each qube.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Its volumes and its settings.
    #[default]
    Everything,
    /// Its settings.
    Settings,
    /// Its volumes.
    Data,
}

/// `OLD=NEW`: what to take for a qube that another refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instead {
    /// The one that was referred to.
    pub old: QubeName,
    /// The one to take, or what stands for one.
    pub new: Stead,
}

/// What is taken for a qube that was referred to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stead {
    /// Another qube.
    Qube(QubeName),
    /// None.
    None,
    /// Whatever the default is.
    Default,
}

/// `OLD=NEW`: the pool to take for one in which volumes were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsteadPool {
    /// The one in which they were.
    pub old: Word,
    /// The one to take.
    pub new: Word,
}

impl FromStr for InsteadPool {
    type Err = NotInsteadPool;

    fn from_str(text: &str) -> Result<Self, NotInsteadPool> {
        let (old, new) = text.split_once('=').ok_or(NotInsteadPool)?;
        let word = |text| Word::parse(text).ok_or(NotInsteadPool);
        let (old, new) = (word(old)?, word(new)?);
        Ok(Self { old, new })
    }
}

/// The text is not `OLD=NEW`.
#[derive(Debug)]
pub struct NotInsteadPool;

impl fmt::Display for NotInsteadPool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("it must be OLD=NEW, two names of pools")
    }
}

impl std::error::Error for NotInsteadPool {}

/// The text is not `OLD=NEW`.
#[derive(Debug)]
pub struct NotInstead;

impl FromStr for Instead {
    type Err = NotInstead;

    fn from_str(text: &str) -> Result<Self, NotInstead> {
        let (old, new) = text.split_once('=').ok_or(NotInstead)?;
        let new = match new {
            "none" => Stead::None,
            "default" => Stead::Default,
            name => Stead::Qube(QubeName::parse(name).map_err(|_| NotInstead)?),
        };
        let old = QubeName::parse(old).map_err(|_| NotInstead)?;
        Ok(Self { old, new })
    }
}

impl fmt::Display for NotInstead {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("it must be OLD=NEW, two names of qubes; NEW may be 'default' or 'none'")
    }
}

impl std::error::Error for NotInstead {}

impl Instead {
    /// What to take for `old`, if somebody chose.
    pub(super) fn of<'a>(all: &'a [Self], old: &str) -> Option<&'a Stead> {
        let chosen = all.iter().find(|instead| instead.old.as_str() == old);
        chosen.map(|instead| &instead.new)
    }
}
