//! Saved choices of qubes and rules, in `/etc/qubes/qib/NAME.conf`: lines of `key = value`, as in
//! `/etc/qubes/qib.conf`.

mod name;
mod text;

pub use name::ProfileName;

use crate::cli::Backup as Arguments;
use crate::destination::{Destination, Destinations, Said};
use crate::error::{Error, Result};
use crate::paths::PROFILES;
use crate::rules::Wishes;
use crate::select::{Choice, Selector};
use qib_rpc::compression::Compression;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

/// What is backed up, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Every qube that is included in backups.
    pub all: bool,
    /// Else these.
    pub include: Vec<Selector>,
    /// But not these.
    pub exclude: Vec<Selector>,
    /// What is left out of all of them, beside what their features say.
    pub wishes: Wishes,
    /// Rules that this run alone tries.
    pub tried: Wishes,
    /// Where qubes are backed up to, if their features do not say so.
    pub storage: Option<Destinations>,
    /// How hard to compress.
    pub compression: Option<Compression>,
    /// Which snapshots are to be kept, as it is written there.
    pub retention: Option<String>,
}

impl Profile {
    /// What a command line says, by itself or by the profile that it names; if it gives that a
    /// name, it is saved.
    ///
    /// # Errors
    /// When the profile can not be read, is wrong, or can not be saved.
    pub fn of(arguments: &Arguments) -> Result<Self> {
        let mut profile = match &arguments.profile {
            Some(name) => Self::read(name)?,
            None => Self {
                all: arguments.all,
                include: arguments.qubes.clone(),
                ..Self::default()
            },
        };
        profile.exclude.extend_from_slice(&arguments.exclude);
        let wrong = |option: &str, error: String| Error::Usage(format!("{option}: {error}"));
        for patterns in &arguments.exclude_path {
            let taken = profile.tried.exclude(patterns);
            taken.map_err(|error| wrong("--exclude-path", error))?;
        }
        if let Some(size) = &arguments.max_file_size {
            let taken = profile.tried.max_file_size(size);
            taken.map_err(|error| wrong("--max-file-size", error))?;
        }
        profile.compression = arguments.compression.or(profile.compression);
        let said = arguments.dest_vm.as_ref().map(Destinations::one);
        profile.storage = said.or(profile.storage);
        if let Some(name) = &arguments.save_profile {
            profile.save(name)?;
        }
        Ok(profile)
    }

    /// Which qubes are meant.
    pub fn choice(&self) -> Choice<'_> {
        Choice {
            all: self.all,
            of: &self.include,
            but: &self.exclude,
        }
    }

    /// Who says where qubes are backed up to.
    pub fn said<'a>(&'a self, arguments: &'a Arguments, config: &'a Destination) -> Said<'a> {
        Said {
            arguments: arguments.dest_vm.as_ref(),
            profile: self.storage.as_ref(),
            config,
        }
    }

    fn read(name: &ProfileName) -> Result<Self> {
        let path = path(name);
        let wrong = |what: String| Error::Config(format!("{}: {what}", path.display()));
        let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
        Self::parse(&text).map_err(wrong)
    }

    fn save(&self, name: &ProfileName) -> Result<()> {
        let path = path(name);
        let failed = |error| Error::File(path.clone(), error);
        fs::create_dir_all(PROFILES).map_err(failed)?;
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).open(&path);
        let mut file = file.map_err(failed)?;
        file.write_all(self.text().as_bytes()).map_err(failed)
    }
}

fn path(name: &ProfileName) -> PathBuf {
    PathBuf::from(format!("{PROFILES}/{name}.conf"))
}
