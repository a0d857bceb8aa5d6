//! The arguments of `qib thaw`.

use clap::Args;
use qib_rpc::name::QubeName;

/// Arguments of `thaw`.
#[derive(Debug, Args)]
pub struct Thaw {
    /// The qube.
    pub qube: QubeName,
}
