//! The arguments of `qib receipt`.

use clap::Args;

/// Arguments of `receipt`.
#[derive(Debug, Args)]
pub struct Receipt {
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}
