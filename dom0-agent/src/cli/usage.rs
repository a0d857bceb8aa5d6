//! The arguments of `qib usage`.

use clap::Args;
use qib_rpc::name::QubeName;

/// Arguments of `usage`.
#[derive(Debug, Args)]
pub struct Usage {
    /// Only this qube's, each snapshot by itself.
    pub qube: Option<QubeName>,
    /// Ask the storage qube what lies there, and what lies in the trash.
    #[arg(long)]
    pub at_storage: bool,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}
