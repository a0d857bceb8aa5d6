//! What the daemon can no longer do once it listens: from then on it works on what helpers send and
//! places answer. Its unit confines it too; this holds whoever starts it.
//!
//! * A folder as a place: files of that folder, calls on the socket that is open, and nothing else. No
//!   program, no other file, no new socket.
//! * A place that is spoken to by HTTP: the network, files to read, spool and cache to write. No program.
//! * ssh and rclone do what they need by themselves, with what is their user's: nothing is taken
//!   from them here.

mod calls;

use crate::backend::Backend;
use crate::config::{Config, ConfigError, PlaceConfig, Transfer};
use crate::place;
use qib_confine::calls::{ALWAYS, READING_PATHS};
use qib_confine::crash;
use qib_confine::files::{
    AccessFs, RulesetCreatedAttr, all, at, none_of, none_of_but_the_network, reading,
};
use qib_confine::filter::{self, Narrow};
use qib_confine::power::{self, CapabilitySet};
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Opens the place that the configuration names, and confines the daemon to what that needs.
///
/// No other thread may run: new ones inherit it.
///
/// # Errors
/// [`ConfigError`] says why the place can not be used, or what the kernel refuses.
pub fn open(config: &Config) -> Result<Box<dyn Backend>, ConfigError> {
    crash::leave_nothing().map_err(|error| refused(error.into()))?;
    before_opening(config)?;
    let place = place::open(config)?;
    if let PlaceConfig::Folder(folder) = &config.place {
        to_folder(&folder.path).map_err(refused)?;
    }
    Ok(place)
}

/// Confines whoever is to speak to a place by HTTP; the others are not confined yet.
///
/// # Errors
/// As [`open`].
pub fn before_opening(config: &Config) -> Result<(), ConfigError> {
    match &config.place {
        PlaceConfig::Folder(_) | PlaceConfig::Sftp(_) | PlaceConfig::Rclone(_) => Ok(()),
        PlaceConfig::Webdav(_)
        | PlaceConfig::S3(_)
        | PlaceConfig::Azblob(_)
        | PlaceConfig::Gcs(_)
        | PlaceConfig::B2(_) => to_http(&config.transfer).map_err(refused),
    }
}

fn refused(error: io::Error) -> ConfigError {
    ConfigError::Place(format!("the daemon can not be confined: {error}"))
}

fn to_folder(folder: &Path) -> io::Result<()> {
    let devices = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
    let own = all() & !(AccessFs::Execute | AccessFs::MakeSock | AccessFs::MakeSym | devices);
    let rules = none_of(all()).and_then(|rules| rules.add_rules(at(&[folder], own)));
    let restricted = rules.and_then(|rules| rules.restrict_self());
    restricted.map_err(io::Error::other)?;
    // Where it could not be opened for its rule, it stays shut.
    File::open(folder)?;
    power::reduce(CapabilitySet::empty())?;
    let lists = [ALWAYS, READING_PATHS, calls::FOLDER, calls::SERVING];
    let narrow = Narrow::always().without_programs();
    filter::install(&lists, narrow).map_err(io::Error::other)
}

/// Leaves what a place needs that is spoken to by HTTP.
///
/// # Errors
/// When the kernel refuses.
pub fn to_http(transfer: &Transfer) -> io::Result<()> {
    let cache = transfer.cache_folder();
    if let Some(cache) = &cache {
        let mut folders = DirBuilder::new();
        // Where there can be none, its place goes on without it and says so.
        let _made = folders.recursive(true).mode(0o700).create(cache);
    }
    let folders: Vec<_> = cache.into_iter().chain([transfer.spool.clone()]).collect();
    let written = all() & !AccessFs::Execute;
    let rules = none_of_but_the_network(all())
        .and_then(|rules| rules.add_rules(at(&["/"], reading())))
        .and_then(|rules| rules.add_rules(at(&folders, written)));
    let restricted = rules.and_then(|rules| rules.restrict_self());
    restricted.map_err(io::Error::other)?;
    power::reduce(CapabilitySet::empty())?;
    Ok(())
}
