//! The arguments of `qib snapshots`.

use clap::Args;
use qib_rpc::name::QubeName;

/// Arguments of `snapshots`.
#[derive(Debug, Args)]
pub struct Snapshots {
    /// Only this qube's.
    pub qube: Option<QubeName>,
    /// Print them as JSON.
    #[arg(long)]
    pub json: bool,
}
