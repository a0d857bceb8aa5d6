//! The arguments of `qib recover`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `recover`.
#[derive(Debug, Args)]
pub struct Recover {
    /// The recovery kit [default: the one that lies with the backups].
    #[arg(long, value_name = "FILE")]
    pub kit: Option<PathBuf>,
    /// Read the passphrase from the first line of FILE, or of standard input with '-'.
    #[arg(short, long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}
