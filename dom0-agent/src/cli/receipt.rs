//! The arguments of `qib receipt`.

use clap::Args;

/// Arguments of `receipt`.
#[derive(Debug, Args)]
pub struct Receipt {
    /// Print the QR code elsewhere than at a terminal, too: into a file, or to a printer.
    #[arg(long, conflicts_with = "json")]
    pub qr: bool,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}
