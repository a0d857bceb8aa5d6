//! What the daemon can no longer do once it listens: from then on it works on what helpers send and
//! places answer. Its unit confines it too; this holds whoever starts it.
//!
//! * Folders as places: files of these folders, calls on the socket that is open, and nothing else. No
//!   program, no other file, no new socket.
//! * Places that are spoken to by HTTP, and folders beside them: the network, files to read, spool,
//!   cache and these folders to write. No program.
//! * ssh and rclone do what they need by themselves, with what is their user's: nothing is taken
//!   from them here.

mod calls;

use crate::config::{Config, ConfigError, PlaceConfig, Site};
use crate::places::Places;
use qib_confine::calls::{ALWAYS, READING_PATHS};
use qib_confine::files::{
    AccessFs, RulesetCreatedAttr, all, at, none_of, none_of_but_the_network, reading,
};
use qib_confine::filter::{self, Narrow};
use qib_confine::limits::Limits;
use qib_confine::power::{self, CapabilitySet};
use qib_rpc::name::PlaceName;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

/// Sixty-four calls with five packs each, of which each may have some files and a thread's stack.
const LIMITS: Limits = Limits {
    files: 4096,
    memory: 4 << 30,
};

/// Opens the places that the configuration names, and confines the daemon to what they need.
///
/// No other thread may run: new ones inherit it.
///
/// # Errors
/// [`ConfigError`] says why the place can not be used, or what the kernel refuses.
pub fn open(config: &Config) -> Result<Places, ConfigError> {
    LIMITS.set().map_err(|error| refused(error.into()))?;
    before_opening(config)?;
    let places = Places::open(config)?;
    if needed(config) == Need::Folders {
        let open = config.sites().filter(|(name, _)| places.has(*name));
        to_folders(&folders(open)).map_err(refused)?;
    }
    Ok(places)
}

/// Confines whoever is to speak to a place by HTTP; the others are not confined yet.
///
/// # Errors
/// As [`open`].
pub fn before_opening(config: &Config) -> Result<(), ConfigError> {
    if needed(config) != Need::Http {
        return Ok(());
    }
    let mut written = folders(config.sites());
    for (_, site) in config.sites().filter(|(_, site)| need(site) == Need::Http) {
        written.extend(site.transfer.cache_folder());
        written.push(site.transfer.spool.clone());
    }
    to_http(&written).map_err(refused)
}

/// What places need, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Need {
    Folders,
    Http,
    Programs,
}

fn need(site: &Site) -> Need {
    match &site.place {
        PlaceConfig::Folder(_) => Need::Folders,
        PlaceConfig::Sftp(_) | PlaceConfig::Rclone(_) => Need::Programs,
        PlaceConfig::Webdav(_)
        | PlaceConfig::S3(_)
        | PlaceConfig::Azblob(_)
        | PlaceConfig::Gcs(_)
        | PlaceConfig::B2(_) => Need::Http,
    }
}

/// What all of them together need.
fn needed(config: &Config) -> Need {
    let needs = config.sites().map(|(_, site)| need(site));
    needs.max().unwrap_or(Need::Folders)
}

fn folders<'a>(sites: impl Iterator<Item = (Option<&'a PlaceName>, &'a Site)>) -> Vec<PathBuf> {
    let path = |(_, site): (_, &Site)| match &site.place {
        // Below an empty mount point nothing is made.
        PlaceConfig::Folder(folder) if folder.find_mounted().is_ok() => Some(folder.path.clone()),
        _ => None,
    };
    sites.filter_map(path).collect()
}

fn refused(error: io::Error) -> ConfigError {
    ConfigError::Place(format!("the daemon can not be confined: {error}"))
}

fn to_folders(folders: &[PathBuf]) -> io::Result<()> {
    let devices = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
    let own = all() & !(AccessFs::Execute | AccessFs::MakeSock | AccessFs::MakeSym | devices);
    let rules = none_of(all()).and_then(|rules| rules.add_rules(at(folders, own)));
    let restricted = rules.and_then(|rules| rules.restrict_self());
    restricted.map_err(io::Error::other)?;
    // One that could not be opened for its rule stays shut.
    for folder in folders {
        File::open(folder)?;
    }
    power::reduce(CapabilitySet::empty())?;
    let lists = [ALWAYS, READING_PATHS, calls::FOLDER, calls::SERVING];
    let narrow = Narrow::always().without_programs();
    filter::install(&lists, narrow).map_err(io::Error::other)
}

/// Leaves what places need that are spoken to by HTTP, and these folders to write to.
///
/// # Errors
/// When the kernel refuses.
pub fn to_http(folders: &[PathBuf]) -> io::Result<()> {
    for folder in folders {
        let mut made = DirBuilder::new();
        // Where there can be none, its place goes on without a cache, or says so.
        let _made = made.recursive(true).mode(0o700).create(folder);
    }
    let written = all() & !AccessFs::Execute;
    let rules = none_of_but_the_network(all())
        .and_then(|rules| rules.add_rules(at(&["/"], reading())))
        .and_then(|rules| rules.add_rules(at(folders, written)));
    let restricted = rules.and_then(|rules| rules.restrict_self());
    restricted.map_err(io::Error::other)?;
    power::reduce(CapabilitySet::empty())?;
    Ok(())
}
