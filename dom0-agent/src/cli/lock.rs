//! The arguments of `qib lock` and `qib unlock`.

use clap::Args;
use qib_rpc::name::QubeName;

/// Arguments of `lock` and `unlock`.
#[derive(Debug, Args)]
pub struct Lock {
    /// The qube that was backed up.
    pub qube: QubeName,
    /// The number of the snapshot.
    #[arg(value_name = "N")]
    pub snapshot: u64,
    /// Which of several qubes that had this name: the beginning of its id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
}
