//! Where a qube is backed up to: as the command line says, else as the qube's feature says, else
//! as the profile says, else as the configuration says.

use crate::admin::{AdminError, call};
use crate::error::{Error, Result};
use qib_rpc::name::QubeName;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The feature of a qube with which dom0 names storage qubes.
const FEATURE: &str = "qib.storage";

/// Storage qubes, each once; one at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destinations(BTreeSet<QubeName>);

impl Destinations {
    /// One alone.
    pub fn one(storage: &QubeName) -> Self {
        Self(BTreeSet::from([storage.clone()]))
    }

    /// The storage qubes, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &QubeName> {
        self.0.iter()
    }
}

impl FromStr for Destinations {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let names = text.split_whitespace().map(QubeName::parse);
        let names: std::result::Result<BTreeSet<QubeName>, _> = names.collect();
        let names = names.map_err(|error| error.to_string())?;
        if names.is_empty() {
            return Err("it names no storage qube".to_owned());
        }
        Ok(Self(names))
    }
}

impl fmt::Display for Destinations {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(QubeName::as_str).collect();
        out.write_str(&names.join(" "))
    }
}

/// Who may say where qubes are backed up to.
pub struct Said<'a> {
    /// The command line.
    pub arguments: Option<&'a QubeName>,
    /// The profile.
    pub profile: Option<&'a Destinations>,
    /// The configuration.
    pub config: &'a QubeName,
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
        let two: Destinations = " sys-usb  nas sys-usb".parse().unwrap();
        assert_eq!(two.to_string(), "nas sys-usb");
        assert_eq!(two.to_string().parse(), Ok(two));
        for text in ["", " ", "nas,usb", "-nas", "a/b", "nas dom0"] {
            assert!(text.parse::<Destinations>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_command_line_counts_before_the_profile_and_that_before_the_configuration() {
        let name = |name: &str| QubeName::parse(name).unwrap();
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
