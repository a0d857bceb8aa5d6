//! The command line of `qib-storage`.

use clap::Parser;
use std::path::PathBuf;

/// Keeps the objects of qib's backups in a folder of this qube.
///
/// qrexec hands it the calls of helpers and of dom0 over its socket. It holds no key, and
/// removes nothing but what dom0 had it move to the trash days before.
#[derive(Debug, Parser)]
#[command(name = "qib-storage", version, max_term_width = 90)]
pub struct Cli {
    /// Where objects are kept.
    #[arg(long, value_name = "FOLDER", default_value = "/rw/qib")]
    pub folder: PathBuf,
    /// Where qrexec finds the daemon.
    #[arg(long, value_name = "SOCKET", default_value = "/run/qib/storage.sock")]
    pub socket: PathBuf,
    /// How long the trash keeps what dom0 needs no longer; dom0 may ask for more.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub trash_days: u32,
}
