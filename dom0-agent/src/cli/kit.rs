//! The arguments of `qib kit`.

use clap::Args;
use std::path::PathBuf;

/// Arguments of `kit`.
#[derive(Debug, Args)]
pub struct Kit {
    /// The folder to make.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}
