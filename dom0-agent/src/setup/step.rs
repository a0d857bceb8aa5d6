//! One thing that is to be done.

use crate::admin::call;
use crate::config::Config;
use crate::destination::Destination;
use crate::error::{Error, Result};
use crate::ledger::book::History;
use crate::ledger::record::Record;
use crate::machine::{Installation, Machine};
use crate::progress::Progress;
use crate::records::Records;
use crate::{holds, storage};
use qib_rpc::message::record::Place;
use qib_rpc::name::QubeName;
use qib_rpc::object::Kind;
use std::collections::BTreeMap;
use std::fmt;

/// The colour of what no person works in.
const LABEL: &str = "black";

/// One thing that is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write the configuration.
    Config(Config),
    /// Make the helpers' template.
    Template {
        /// Its name.
        name: QubeName,
        /// The template of its system.
        based_on: QubeName,
    },
    /// Set a qube's property; an empty value means none.
    Property(QubeName, &'static str, &'static str),
    /// Set a qube's feature.
    Feature(QubeName, &'static str, &'static str),
    /// Give a qube a tag.
    Tag(QubeName, &'static str),
    /// Copy what recovery needs to a new storage qube.
    Copies {
        /// Which.
        storage: Destination,
        /// The recovery kit too.
        kit: bool,
    },
    /// Note that what lay at one storage qube lies at another.
    Moved {
        /// Where it lay.
        from: Destination,
        /// Where it lies.
        to: Destination,
    },
}

impl Step {
    /// Does it.
    ///
    /// # Errors
    /// When qubesd refuses, or the configuration can not be written.
    pub fn perform(&self) -> Result<()> {
        match self {
            Self::Config(config) => config.write()?,
            Self::Template { name, based_on } => {
                call::create(name, "AppVM", Some(based_on), LABEL, &BTreeMap::new())?;
            }
            Self::Property(name, property, value) => call::set_property(name, property, value)?,
            Self::Feature(name, feature, value) => call::set_feature(name, feature, value)?,
            Self::Tag(name, tag) => call::set_tag(name, tag)?,
            Self::Copies { storage, kit } => copies(storage, *kit)?,
            Self::Moved { from, to } => moved(from, to)?,
        }
        Ok(())
    }
}

fn copies(storage: &Destination, kit: bool) -> Result<()> {
    let (machine, installation) = (Machine::open()?, Installation::open()?);
    storage::start(&storage.qube, &Progress::new(true))?;
    if kit {
        let mut records = Records::start(&machine, storage)?;
        records.put(Place::Root, Kind::Kit, installation.kit.expose())?;
    }
    storage::compare(&machine, &installation, storage)
}

/// Believed only of a storage qube that has everything which lay at the other.
fn moved(from: &Destination, to: &Destination) -> Result<()> {
    let (machine, mut installation) = (Machine::open()?, Installation::open()?);
    storage::wake(to, &Progress::new(true))?;
    let book = &installation.ledger.book;
    let found = holds::find(&machine, to, book)?;
    let lay_there = book.histories().filter(|history| history.lies_at(from));
    let lay_there: Vec<&History> = lay_there.collect();
    if lay_there.is_empty() {
        return Err(Error::Config(format!("nothing was stored at {from}")));
    }
    let is_missing = |history: &&&History| !found.contains(&history.qube.id);
    if let Some(missing) = lay_there.iter().find(is_missing) {
        let name = &missing.qube.name;
        return Err(Error::Config(format!(
            "{to} does not hold what was stored of {name} at {from}; nothing was noted"
        )));
    }
    let (from, to) = (from.clone(), to.clone());
    installation.ledger.append(Record::Moved { from, to })?;
    storage::spread(&machine, &installation);
    Ok(())
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(config) => write!(
                out,
                "write {}: the storage qube is {}, helpers are made from {}",
                crate::paths::CONFIG,
                config.storage,
                config.helper_template
            ),
            Self::Template { name, based_on } => {
                write!(out, "make the qube {name}, based on {based_on}")
            }
            Self::Property(name, property, "") => write!(out, "{name}: set {property} to none"),
            Self::Property(name, property, value) => {
                write!(out, "{name}: set {property} to {value}")
            }
            Self::Feature(name, feature, value) => {
                write!(out, "{name}: set the feature {feature} to {value}")
            }
            Self::Tag(name, tag) => write!(out, "{name}: add the tag {tag}"),
            Self::Copies { storage, kit: true } => {
                write!(out, "{storage}: copy the ledger and the recovery kit to it")
            }
            Self::Copies {
                storage,
                kit: false,
            } => write!(out, "{storage}: copy the ledger to it"),
            Self::Moved { from, to } => {
                write!(out, "note that what was stored at {from} lies at {to} now")
            }
        }
    }
}
