//! The arguments of `qib doctor`.

use crate::age::BACKUP_DAYS;
use clap::Args;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Name qubes that were not backed up for so many days.
    #[arg(long, value_name = "DAYS", default_value_t = BACKUP_DAYS)]
    pub days: u32,
    /// Print what was found as JSON.
    #[arg(long)]
    pub json: bool,
}
