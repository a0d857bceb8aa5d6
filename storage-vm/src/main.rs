//! `qib-storage`: the daemon in the storage qube.

use clap::Parser;
use qib_storage::backend::Backend;
use qib_storage::check;
use qib_storage::cli::{Cli, Work};
use qib_storage::config::{Config, ConfigError, FolderConfig, PlaceConfig, Transfer};
use qib_storage::confine;
use qib_storage::listen;
use qib_storage::{log, place};
use std::error::Error;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = Cli::parse();
    let config = match configured(&options) {
        Ok(config) => config,
        Err(error) => return failed(&error),
    };
    if let Some(Work::Check) = options.work {
        return match check::run(&config) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error),
        };
    }
    match ready(&options, &config) {
        Ok((listener, place)) => listen::run(&listener, place, options.trash_days),
        Err(error) => failed(error.as_ref()),
    }
}

fn configured(options: &Cli) -> Result<Config, ConfigError> {
    let path = match &options.folder {
        Some(folder) => folder.clone(),
        None if options.config.exists() => return Config::read(&options.config),
        None => PathBuf::from(place::DEFAULT_FOLDER),
    };
    Ok(Config {
        place: PlaceConfig::Folder(FolderConfig { path }),
        transfer: Transfer::default(),
    })
}

fn ready(
    options: &Cli,
    config: &Config,
) -> Result<(UnixListener, Box<dyn Backend>), Box<dyn Error>> {
    let listener = listen::bind(&options.socket)?;
    Ok((listener, confine::open(config)?))
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    log::line(format_args!("{error}"));
    ExitCode::FAILURE
}
