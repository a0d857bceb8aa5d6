//! The arguments of `qib due`.

use crate::age::BACKUP_DAYS;
use clap::Args;

/// Arguments of `due`.
#[derive(Debug, Args)]
pub struct Due {
    /// How old a backup may be.
    #[arg(long, value_name = "DAYS", default_value_t = BACKUP_DAYS)]
    pub days: u32,
    /// Show it on the desktop too, to the first user of the group qubes.
    #[arg(long)]
    pub notify: bool,
    /// Print them as JSON.
    #[arg(long)]
    pub json: bool,
}
