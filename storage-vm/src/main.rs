//! `qib-storage`: the daemon in the storage qube.

use clap::Parser;
use qib_storage::backend::Backend;
use qib_storage::check;
use qib_storage::cli::{Cli, Work};
use qib_storage::config::{Config, ConfigError, FolderConfig, PlaceConfig, Transfer};
use qib_storage::listen;
use qib_storage::{log, place};
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
    match place::open(&config) {
        Ok(place) => serve(&options, place),
        Err(error) => failed(&error),
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

fn serve(options: &Cli, place: Box<dyn Backend>) -> ExitCode {
    match listen::run(&options.socket, place, options.trash_days) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    log::line(format_args!("{error}"));
    ExitCode::FAILURE
}
