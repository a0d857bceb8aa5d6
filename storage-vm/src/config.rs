//! `storage.toml`: the places where objects go, and how they travel.
//!
//! Whoever writes this file owns the storage qube; it is checked so that a slip of the pen is
//! named, and nothing is guessed.

mod azblob;
mod b2;
mod gcs;
mod place;
mod s3;
mod secret;
mod sftp;
mod webdav;

pub use place::{FolderConfig, PlaceConfig, RcloneConfig, Way};
pub use secret::{Secret, SecretFile};

use opendal::{Builder, Operator};
use qib_rpc::name::PlaceName;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What the file says.
#[derive(Debug)]
pub struct Config {
    /// The place that needs no name.
    pub unnamed: Site,
    /// Those that dom0 calls by name.
    pub named: BTreeMap<PlaceName, Site>,
}

/// A place, and how objects travel there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// The place.
    pub place: PlaceConfig,
    /// How objects travel there.
    #[serde(default)]
    pub transfer: Transfer,
}

/// The file, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    place: PlaceConfig,
    #[serde(default)]
    transfer: Transfer,
    #[serde(default)]
    named: BTreeMap<PlaceName, Site>,
}

/// How objects travel to a place over a network.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Transfer {
    /// Bytes a second at most, both ways together; no limit if not said.
    pub max_bytes_per_second: Option<u32>,
    /// Requests at once at most.
    pub requests_at_once: usize,
    /// How often a request that failed for a passing reason is made again.
    pub retries: usize,
    /// Seconds until a request that brings nothing is given up and made again.
    pub timeout_seconds: u64,
    /// Where an object waits until all of it is known to be right.
    pub spool: PathBuf,
    /// Where index objects are kept, so that backups need not fetch them; if not said,
    /// `qib-storage` where this user's caches are.
    pub cache: Option<PathBuf>,
    /// Bytes that they may have there.
    pub cache_bytes: u64,
    /// Read each object back after it was stored, for a place that may lie.
    pub read_back: bool,
}

impl Default for Transfer {
    fn default() -> Self {
        Self {
            max_bytes_per_second: None,
            requests_at_once: 8,
            retries: 8,
            timeout_seconds: 60,
            spool: PathBuf::from("/var/tmp"),
            cache: None,
            cache_bytes: 1 << 30,
            read_back: false,
        }
    }
}

impl Transfer {
    /// True when nothing could pass.
    fn is_stuck(&self) -> bool {
        self.max_bytes_per_second == Some(0) || self.requests_at_once == 0
    }

    /// Where index objects are kept, if that is known.
    pub fn cache_folder(&self) -> Option<PathBuf> {
        let from = |variable| env::var_os(variable).filter(|value| !value.is_empty());
        let caches = || from("XDG_CACHE_HOME").map(PathBuf::from);
        let at_home = || Some(PathBuf::from(from("HOME")?).join(".cache"));
        let usual = || Some(caches().or_else(at_home)?.join("qib-storage"));
        self.cache.clone().or_else(usual)
    }
}

/// Why a configuration can not be used.
#[derive(Debug)]
pub enum ConfigError {
    /// A file can not be read.
    Unreadable(PathBuf, io::Error),
    /// The text is not what we understand.
    Text(PathBuf, String),
    /// A file with a secret is open to others.
    Open(PathBuf),
    /// The place can not be set up so.
    Place(String),
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, and the line where it can.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::Unreadable(path.to_owned(), error))?;
        Self::parse(&text).map_err(|why| ConfigError::Text(path.to_owned(), why))
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| error.to_string())?;
        let Written {
            place,
            transfer,
            named,
        } = written;
        let config = Self {
            unnamed: Site { place, transfer },
            named,
        };
        if config.sites().any(|(_, site)| site.transfer.is_stuck()) {
            return Err("a limit of 0 would let nothing through".to_owned());
        }
        Ok(config)
    }

    /// A folder alone.
    pub fn folder(path: PathBuf) -> Self {
        Self {
            unnamed: Site {
                place: PlaceConfig::Folder(FolderConfig {
                    path,
                    mounted: None,
                }),
                transfer: Transfer::default(),
            },
            named: BTreeMap::new(),
        }
    }

    /// All places with their names, the one without first.
    pub fn sites(&self) -> impl Iterator<Item = (Option<&PlaceName>, &Site)> {
        let named = self.named.iter().map(|(name, site)| (Some(name), site));
        std::iter::once((None, &self.unnamed)).chain(named)
    }
}

/// What speaks to a place.
pub type Operators = Result<Operator, ConfigError>;

fn made(builder: impl Builder) -> Operators {
    Operator::new(builder).map_err(|error| ConfigError::Place(error.to_string()))
}

fn given<B>(builder: B, value: &Option<String>, set: fn(B, &str) -> B) -> B {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(path, error) => write!(out, "{}: {error}", path.display()),
            Self::Text(path, error) => write!(out, "{}: {error}", path.display()),
            Self::Open(path) => write!(
                out,
                "{} can be read by others: chmod 600 {0}",
                path.display()
            ),
            Self::Place(error) => write!(out, "the place can not be set up: {error}"),
        }
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests;
