//! The arguments of `qib scrub`.

use crate::destination::Destination;
use clap::Args;
use qib_rpc::name::QubeName;

/// Arguments of `scrub`.
#[derive(Debug, Args)]
pub struct Scrub {
    /// Only this qube's objects.
    pub qube: Option<QubeName>,
    /// Only what lies at this storage qube [default: wherever it lies].
    #[arg(short, long, value_name = "DESTINATION")]
    pub dest_vm: Option<Destination>,
    /// Read so many percent of each qube's objects, from where the last scrub ended.
    #[arg(long, value_name = "PERCENT", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub share: u32,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}
