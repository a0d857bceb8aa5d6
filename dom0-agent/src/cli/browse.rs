//! The arguments of `qib browse`.

use crate::destination::Destination;
use clap::Args;
use qib_rpc::name::QubeName;
use std::path::PathBuf;

/// Arguments of `browse`.
#[derive(Debug, Args)]
pub struct Browse {
    /// The qube that was backed up.
    #[arg(value_name = "QUBE")]
    pub qube: QubeName,
    /// Show only the snapshot of this number [default: all, the newest 1000].
    #[arg(long, value_name = "N")]
    pub snapshot: Option<u64>,
    /// Open a terminal there, not a file manager.
    #[arg(long)]
    pub terminal: bool,
    /// The storage qube where they lie.
    #[arg(short, long, value_name = "DESTINATION")]
    pub dest_vm: Option<Destination>,
    /// Which of several qubes that had this name: the beginning of its id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Read the passphrase from the first line of FILE, or of standard input with '-'.
    #[arg(short, long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}
