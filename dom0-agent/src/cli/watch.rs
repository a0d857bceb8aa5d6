//! The arguments of `qib watch`.

use clap::Args;

/// Arguments of `watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// How long to wait after a qube has shut down; others that do so meanwhile join it.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub delay: u32,
}
