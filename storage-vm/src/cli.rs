//! The command line of `qib-storage`.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Keeps the objects of qib's backups in a folder of this qube, or in a place that it reaches.
///
/// qrexec hands it the calls of helpers and of dom0 over its socket. It holds no key, and
/// removes nothing but what dom0 had it move to the trash days before.
#[derive(Debug, Parser)]
#[command(name = "qib-storage", version, max_term_width = 90)]
pub struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub work: Option<Work>,
    /// The places where objects are kept, and how they travel there. Without this file it is the
    /// folder /rw/qib.
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        default_value = "/rw/config/qib/storage.toml"
    )]
    pub config: PathBuf,
    /// Keep objects in this folder, whatever the file says.
    #[arg(long, value_name = "FOLDER", global = true)]
    pub folder: Option<PathBuf>,
    /// Where qrexec finds the daemon.
    #[arg(long, value_name = "SOCKET", default_value = "/run/qib/storage.sock")]
    pub socket: PathBuf,
    /// How long the trash keeps what dom0 needs no longer; dom0 may ask for more.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub trash_days: u32,
}

/// What else it does.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Work {
    /// Try all that each place must be able to do, and say what is wrong.
    ///
    /// Writes some megabytes into a folder qib-check there and removes it again. Exit code 0 when
    /// backups can be kept at all of them, 1 when not.
    Check,
}
