//! The places of this storage qube. dom0 says which one a call is about.

use crate::backend::Backend;
use crate::config::{Config, ConfigError};
use crate::descriptor::Dom0;
use crate::log;
use crate::place;
use crate::remote::Room;
use qib_rpc::fault::{Code, Fault};
use qib_rpc::name::PlaceName;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The places that could be opened.
pub struct Places(BTreeMap<Option<PlaceName>, Box<dyn Backend>>);

impl Places {
    /// Opens them. One with a name that can not be opened, as a disk that is not plugged in, does
    /// not stop the others.
    ///
    /// # Errors
    /// [`ConfigError`] says why the one without a name can not be used.
    pub fn open(config: &Config) -> Result<Self, ConfigError> {
        let room = Arc::new(Room::default());
        let mut places = BTreeMap::new();
        for (name, site) in config.sites() {
            match (place::open(site, &room), name) {
                (Ok(place), _) => drop(places.insert(name.cloned(), place)),
                (Err(error), None) => return Err(error),
                (Err(error), Some(name)) => log::line(format_args!("{name}: {error}")),
            }
        }
        Ok(Self(places))
    }

    /// True when the one with this name, or without any, could be opened.
    pub fn has(&self, name: Option<&PlaceName>) -> bool {
        self.0.contains_key(&name.cloned())
    }

    /// The one that a call of dom0's is about.
    ///
    /// # Errors
    /// A fault when there is none of its name, or it could not be opened.
    pub fn of(&self, call: &Dom0) -> Result<&dyn Backend, Fault> {
        self.named(call.place())
    }

    /// The one with this name.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn named(&self, name: &Option<PlaceName>) -> Result<&dyn Backend, Fault> {
        let place = self.0.get(name).map(Box::as_ref);
        place.ok_or(Fault::new(Code::NoPlace))
    }
}
