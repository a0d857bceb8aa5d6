//! The arguments of `qib diff`.

use crate::destination::Destination;
use clap::Args;
use qib_rpc::name::QubeName;
use std::path::PathBuf;

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub struct Differ {
    /// The qube that was backed up.
    #[arg(value_name = "QUBE")]
    pub qube: QubeName,
    /// The number of the older snapshot.
    #[arg(value_name = "N")]
    pub older: u64,
    /// The number of the newer one [default: the newest].
    #[arg(value_name = "M")]
    pub newer: Option<u64>,
    /// The storage qube where they lie.
    #[arg(short, long, value_name = "DESTINATION")]
    pub dest_vm: Option<Destination>,
    /// Which of several qubes that had this name: the beginning of its id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Read the passphrase from the first line of FILE, or of standard input with '-'.
    #[arg(short, long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}
