//! The arguments of `qib prune`.

use crate::destination::Destination;
use clap::Args;

/// Arguments of `prune`.
#[derive(Debug, Args)]
pub struct Prune {
    /// Only what lies at this storage qube [default: wherever it lies].
    #[arg(short, long, value_name = "DESTINATION")]
    pub dest_vm: Option<Destination>,
    /// Leave what was forgotten where it is for so many days.
    #[arg(long, value_name = "DAYS", default_value_t = 1)]
    pub grace: u32,
    /// Then leave it in the trash for so many days. The storage qube has a least number of its
    /// own, and both clocks must agree that they have passed.
    #[arg(long, value_name = "DAYS", default_value_t = 14)]
    pub trash_days: u32,
    /// Say what would go to the trash; move nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}
