//! The arguments of `qib doctor`.

use clap::Args;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Name qubes that were not backed up for so many days.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    pub days: u32,
    /// Print what was found as JSON.
    #[arg(long)]
    pub json: bool,
}
