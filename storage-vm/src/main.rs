//! `qib-storage`: the daemon in the storage qube.

use clap::Parser;
use qib_storage::folder::Folder;
use qib_storage::listen;
use std::path::PathBuf;
use std::process::ExitCode;

/// Keeps the objects of qib's backups in a folder of this qube.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Where objects are kept
    #[arg(long, default_value = "/rw/qib")]
    folder: PathBuf,
    /// Where qrexec finds the daemon
    #[arg(long, default_value = "/run/qib/storage.sock")]
    socket: PathBuf,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let ended = Folder::open(&options.folder)
        .and_then(|folder| listen::run(&options.socket, Box::new(folder)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            qib_storage::log::line(format_args!("{error}"));
            ExitCode::FAILURE
        }
    }
}
