//! The command line of `qib-storage`.

use clap::Parser;
use std::path::PathBuf;

/// Keeps the objects of qib's backups in a folder of this qube.
///
/// qrexec hands it the calls of helpers and of dom0 over its socket. It holds no key and can
/// delete nothing.
#[derive(Debug, Parser)]
#[command(name = "qib-storage", version, max_term_width = 90)]
pub struct Cli {
    /// Where objects are kept.
    #[arg(long, value_name = "FOLDER", default_value = "/rw/qib")]
    pub folder: PathBuf,
    /// Where qrexec finds the daemon.
    #[arg(long, value_name = "SOCKET", default_value = "/run/qib/storage.sock")]
    pub socket: PathBuf,
}
