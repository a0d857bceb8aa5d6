//! The arguments of `qib export`.

use crate::destination::Destination;
use clap::Args;
use qib_rpc::class::Class;
use qib_rpc::name::QubeName;
use qib_rpc::path::PathPattern;
use std::path::PathBuf;

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// The qube that was backed up.
    #[arg(value_name = "QUBE")]
    pub qube: QubeName,
    /// The qube that gets the tar.
    #[arg(long, value_name = "QUBE")]
    pub to: QubeName,
    /// The number of the snapshot [default: the newest].
    #[arg(long, value_name = "N")]
    pub snapshot: Option<u64>,
    /// Only this file or folder, with the folders above it, as for 'qib restore'; may be repeated.
    #[arg(long = "path", value_name = "PATH")]
    pub paths: Vec<PathPattern>,
    /// Documents alone: hold back every class of --hold-back but lost.
    #[arg(long, conflicts_with = "hold_back")]
    pub documents_only: bool,
    /// Hold back classes of files, as 'qib restore' does; a list with commas.
    #[arg(long, value_name = "CLASSES", value_delimiter = ',')]
    pub hold_back: Vec<Class>,
    /// Show what would be done, and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// The storage qube to take it from [default: the one with the newest snapshot].
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
