//! The arguments of `qib rekey`.

use crate::destination::Destination;
use clap::Args;
use qib_rpc::name::QubeName;

/// Arguments of `rekey`.
#[derive(Debug, Args)]
pub struct Rekey {
    /// The qubes that get other keys.
    #[arg(
        value_name = "QUBE",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub qubes: Vec<QubeName>,
    /// Every qube that was backed up.
    #[arg(long)]
    pub all: bool,
    /// Only at this storage qube [default: at each].
    #[arg(short, long, value_name = "DESTINATION")]
    pub dest_vm: Option<Destination>,
}
