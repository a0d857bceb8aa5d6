//! The arguments of `qib find`.

use super::Browse;
use clap::Args;
use qib_rpc::glob::{Glob, Globs, NotAGlob};

/// Arguments of `find`.
#[derive(Debug, Args)]
pub struct Find {
    /// Where to look, and how.
    #[command(flatten)]
    pub look: Browse,
    /// Names, with * and ? in them; with a / in front or inside, paths from the root of the volume.
    #[arg(value_name = "PATTERN", required = true)]
    patterns: Vec<Glob>,
}

impl Find {
    /// What to find.
    ///
    /// # Errors
    /// When that is too much at once.
    pub fn patterns(&self) -> Result<Globs, NotAGlob> {
        self.patterns.clone().try_into()
    }
}
