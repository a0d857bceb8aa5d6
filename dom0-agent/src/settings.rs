//! How a qube is set up, apart from what lies on its volumes: read from qubesd, kept with its
//! backups, compared, shown.
//!
//! A record has one form of bytes: the same settings are the same text, and sealed for the same
//! qube the same object.

pub mod differences;
pub mod json;
pub mod keep;
pub mod read;
pub mod seal;
mod text;
mod words;

use crate::admin::assignment::Assignment;
use qib_rpc::name::QubeName;
use std::collections::{BTreeMap, BTreeSet};

pub use words::{Colour, Text, Word, unescape};

/// How a qube is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its class, as `AppVM`.
    pub class: Word,
    /// The colour of its label; none if it is not known.
    pub colour: Option<Colour>,
    /// The properties that somebody set, but those that are never restored.
    pub properties: BTreeMap<Word, Property>,
    /// Its features.
    pub features: BTreeMap<Word, Text>,
    /// Its tags.
    pub tags: BTreeSet<Word>,
    /// The rules of its firewall, in their order.
    pub firewall: Vec<Text>,
    /// What people wrote about it; empty up to Qubes 4.2.
    pub notes: Text,
    /// The devices that it is given at each start.
    pub devices: BTreeSet<Assignment>,
    /// Its volumes, by their names.
    pub volumes: BTreeMap<Word, Volume>,
}

/// A property that somebody set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// What kind of value it has.
    pub kind: Kind,
    /// The value; of a qube's kind, empty means none.
    pub value: Text,
}

/// The kinds of values that properties have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// `True` or `False`.
    Flag,
    /// The name of a qube.
    Qube,
    /// The name of a label.
    Label,
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Text,
        Self::Number,
        Self::Flag,
        Self::Qube,
        Self::Label,
    ];

    /// The kind with this name in Qubes.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Its name in Qubes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "str",
            Self::Number => "int",
            Self::Flag => "bool",
            Self::Qube => "vm",
            Self::Label => "label",
        }
    }
}

/// How a volume is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its pool.
    pub pool: Word,
    /// The pool's driver.
    pub driver: Word,
    /// What only a volume has that is the qube's own.
    pub own: Option<Own>,
    /// The qube may write to it.
    pub is_writable: bool,
    /// What is written to it is lost when the qube stops.
    pub is_ephemeral: bool,
}

/// What of a volume counts only where it outlives the qube's stop: the others get it anew, from
/// a template or from nothing, and have its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// Its size in bytes.
    pub bytes: u64,
    /// How many of its earlier states are kept; -1 for none, and written in place.
    pub revisions: i64,
}

/// Properties that are never restored, and so not kept: they are the qube's identity, what others
/// decide, or what changes by itself.
const NEVER: [&str; 7] = [
    "name",
    "qid",
    "uuid",
    "dispid",
    "installed_by_rpm",
    "backup_timestamp",
    "updateable",
];

impl Settings {
    /// The value of a property, if somebody set it.
    pub fn value(&self, property: &str) -> Option<&str> {
        let found = self.properties.get(property)?;
        Some(found.value.as_str())
    }

    /// The qube that a property names: none if nobody set it, or if it was set to none.
    pub fn qube(&self, property: &str) -> Option<QubeName> {
        QubeName::parse(self.value(property)?).ok()
    }
}

#[cfg(test)]
pub(crate) mod sample;
