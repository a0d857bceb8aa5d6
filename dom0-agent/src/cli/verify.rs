//! The arguments of `qib verify`.

use crate::destination::Destination;
use crate::span::Span;
use clap::Args;
use qib_rpc::name::QubeName;
use std::path::PathBuf;

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The qubes whose backups to look at [default: all].
    #[arg(value_name = "QUBE")]
    pub qubes: Vec<QubeName>,
    /// Only what lies at this storage qube [default: wherever it lies].
    #[arg(short, long, value_name = "DESTINATION")]
    pub dest_vm: Option<Destination>,
    /// Look at everything that the kept snapshots need. This is what happens unless less is asked.
    #[arg(long, conflicts_with_all = ["sample", "since"])]
    pub all: bool,
    /// Look at so many of a hundred objects, chosen at random.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    pub sample: Option<u8>,
    /// Look only at what was stored in this time, such as 12h, 7d or 4w.
    #[arg(long, value_name = "SPAN", conflicts_with = "sample")]
    pub since: Option<Span>,
    /// Only this snapshot, by its number [default: all that are kept].
    #[arg(long, value_name = "N")]
    pub snapshot: Option<u64>,
    /// Ask for the passphrase, open the newest snapshot (or that of --snapshot) and compare
    /// all of it: a restore that writes nothing. It proves the sealed keys too. Where packs are
    /// lost it is counted instead how many files of which snapshots suffer.
    #[arg(long)]
    pub open: bool,
    /// The same, with the passphrase from the first line of FILE, or of standard input with '-'.
    #[arg(short, long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}
