//! Where a qube is backed up to: as the command line says, else as the qube's feature says, else
//! as the profile says, else as the configuration says.

use crate::admin::{AdminError, call};
use crate::error::{Error, Result};
use qib_rpc::name::{NotAPlaceName, NotAQubeName, PlaceName, QubeName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The feature of a qube with which dom0 says where it is backed up to.
const FEATURE: &str = "qib.storage";

/// Where backups can lie, as `QUBE` or `QUBE:PLACE`: a storage qube, and which of its places.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Destination {
    /// The storage qube.
    pub qube: QubeName,
    /// Its place of this name; none for the one that has no name.
    pub place: Option<PlaceName>,
}

/// A text that names no destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotADestination {
    /// For its storage qube.
    Qube(NotAQubeName),
    /// For its place.
    Place(NotAPlaceName),
}

impl FromStr for Destination {
    type Err = NotADestination;

    fn from_str(text: &str) -> std::result::Result<Self, NotADestination> {
        let (qube, place) = match text.split_once(':') {
            Some((qube, place)) => (qube, Some(place)),
            None => (text, None),
        };
        let place = place.map(PlaceName::parse).transpose();
        Ok(Self {
            qube: QubeName::parse(qube).map_err(NotADestination::Qube)?,
            place: place.map_err(NotADestination::Place)?,
        })
    }
}

impl TryFrom<String> for Destination {
    type Error = NotADestination;

    fn try_from(text: String) -> std::result::Result<Self, NotADestination> {
        text.parse()
    }
}

impl From<Destination> for String {
    fn from(destination: Destination) -> Self {
        destination.to_string()
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(out, "{}:{place}", self.qube),
            None => write!(out, "{}", self.qube),
        }
    }
}

impl fmt::Display for NotADestination {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Qube(error) => write!(out, "{error}"),
            Self::Place(error) => write!(out, "behind ':' {error}"),
        }
    }
}

impl std::error::Error for NotADestination {}

/// The storage qubes of destinations, each once.
pub fn qubes<'a>(all: impl IntoIterator<Item = &'a Destination>) -> BTreeSet<QubeName> {
    let qubes = all.into_iter().map(|destination| &destination.qube);
    qubes.cloned().collect()
}

/// Destinations, each once; one at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destinations(BTreeSet<Destination>);

impl Destinations {
    /// One alone.
    pub fn one(storage: &Destination) -> Self {
        Self(BTreeSet::from([storage.clone()]))
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Destination> {
        self.0.iter()
    }
}

impl FromStr for Destinations {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let names = text.split_whitespace().map(Destination::from_str);
        let names: std::result::Result<BTreeSet<Destination>, _> = names.collect();
        let names = names.map_err(|error| error.to_string())?;
        if names.is_empty() {
            return Err("it names no storage qube".to_owned());
        }
        Ok(Self(names))
    }
}

impl fmt::Display for Destinations {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(Destination::to_string).collect();
        out.write_str(&names.join(" "))
    }
}

/// Who may say where qubes are backed up to.
pub struct Said<'a> {
    /// The command line.
    pub arguments: Option<&'a Destination>,
    /// The profile.
    pub profile: Option<&'a Destinations>,
    /// The configuration.
    pub config: &'a Destination,
}

impl Said<'_> {
    /// Where a qube is backed up to.
    ///
    /// # Errors
    /// When its feature is not understood: where it must not go is not to be guessed.
    pub fn of_qube(&self, qube: &QubeName) -> Result<Destinations> {
        if self.arguments.is_none()
            && let Some(said) = said_by(qube)?
        {
            return Ok(said);
        }
        Ok(self.of_dom0())
    }

    /// Where dom0 itself is backed up to: it has no such feature.
    pub fn of_dom0(&self) -> Destinations {
        match (self.arguments, self.profile) {
            (Some(storage), _) => Destinations::one(storage),
            (None, Some(profile)) => profile.clone(),
            (None, None) => Destinations::one(self.config),
        }
    }
}

fn said_by(qube: &QubeName) -> Result<Option<Destinations>> {
    let text = match call::feature(qube, FEATURE) {
        // One that is not there is told of later.
        Err(AdminError::Exception { kind, .. }) if kind == "QubesVMNotFoundError" => None,
        text => text?,
    };
    let wrong = |error| Error::Config(format!("its feature '{FEATURE}': {error}"));
    text.map(|text| text.parse().map_err(wrong)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_and_mistakes_are_named() {
        let three: Destinations = " sys-usb nas:cloud  nas sys-usb".parse().unwrap();
        assert_eq!(three.to_string(), "nas nas:cloud sys-usb");
        assert_eq!(three.to_string().parse(), Ok(three));
        for text in [
            "",
            " ",
            "nas,usb",
            "-nas",
            "a/b",
            "nas dom0",
            "nas:",
            ":cloud",
            "nas:a:b",
            "nas:A",
            "nas: cloud",
            "nas:../x",
        ] {
            assert!(text.parse::<Destinations>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_command_line_counts_before_the_profile_and_that_before_the_configuration() {
        let name = |name: &str| name.parse::<Destination>().unwrap();
        let (said, config) = (name("usb"), name("sys-backup"));
        let profile = "nas".parse().unwrap();
        let mut all = Said {
            arguments: Some(&said),
            profile: Some(&profile),
            config: &config,
        };
        assert_eq!(all.of_dom0().to_string(), "usb");
        all.arguments = None;
        assert_eq!(all.of_dom0().to_string(), "nas");
        all.profile = None;
        assert_eq!(all.of_dom0().to_string(), "sys-backup");
    }
}
