//! The arguments of `qib status`.

use clap::Args;
use qib_rpc::name::QubeName;
use std::path::PathBuf;

/// Arguments of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Only these qubes'.
    #[arg(value_name = "QUBE")]
    pub qubes: Vec<QubeName>,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
    /// Write it into FILE, as a page with charts for a browser.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}
