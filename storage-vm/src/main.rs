//! `qib-storage`: the daemon in the storage qube.

use clap::Parser;
use qib_storage::cli::Cli;
use qib_storage::folder::Folder;
use qib_storage::listen;
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = Cli::parse();
    let ended = Folder::open(&options.folder)
        .and_then(|folder| listen::run(&options.socket, Box::new(folder), options.trash_days));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            qib_storage::log::line(format_args!("{error}"));
            ExitCode::FAILURE
        }
    }
}
