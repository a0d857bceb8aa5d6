//! The arguments of `qib recover`.

use crate::receipt::Receipt;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `recover`.
#[derive(Debug, Args)]
pub struct Recover {
    /// The recovery kit [default: the one that lies with the backups].
    #[arg(long, value_name = "FILE")]
    pub kit: Option<PathBuf>,
    /// A receipt that was kept: if the storage shows an older state, nothing is recovered.
    #[arg(long, value_name = "TEXT")]
    pub receipt: Option<Receipt>,
    /// Read the passphrase from the first line of FILE, or of standard input with '-'.
    #[arg(short, long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}
