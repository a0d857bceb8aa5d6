//! The arguments of `qib drill`.

use crate::destination::Destination;
use clap::Args;
use qib_rpc::name::QubeName;
use std::path::PathBuf;

/// Arguments of `drill`.
#[derive(Debug, Args)]
pub struct Drill {
    /// The qube that was backed up.
    pub qube: QubeName,
    /// The storage qube to take it from [default: the one with the newest snapshot].
    #[arg(short, long, value_name = "DESTINATION")]
    pub dest_vm: Option<Destination>,
    /// The number of the snapshot [default: the newest].
    #[arg(long, value_name = "N")]
    pub snapshot: Option<u64>,
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
