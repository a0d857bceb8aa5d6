//! `qib-storage`: the daemon in the storage qube.

use clap::Parser;
use qib_storage::check;
use qib_storage::cli::{Cli, Work};
use qib_storage::config::{Config, ConfigError};
use qib_storage::confine;
use qib_storage::listen;
use qib_storage::places::Places;
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
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        };
    }
    match ready(&options, &config) {
        Ok((listener, places)) => listen::run(&listener, places, options.trash_days),
        Err(error) => failed(error.as_ref()),
    }
}

fn configured(options: &Cli) -> Result<Config, ConfigError> {
    let path = match &options.folder {
        Some(folder) => folder.clone(),
        None if options.config.exists() => return Config::read(&options.config),
        None => PathBuf::from(place::DEFAULT_FOLDER),
    };
    Ok(Config::folder(path))
}

fn ready(options: &Cli, config: &Config) -> Result<(UnixListener, Places), Box<dyn Error>> {
    let listener = listen::bind(&options.socket)?;
    Ok((listener, confine::open(config)?))
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    log::line(format_args!("{error}"));
    ExitCode::FAILURE
}
