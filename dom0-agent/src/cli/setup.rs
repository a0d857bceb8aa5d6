//! The arguments of `qib setup`.

use clap::Args;
use qib_rpc::name::QubeName;

/// Arguments of `setup`.
#[derive(Debug, Args)]
pub struct Setup {
    /// The qube that is to keep the backups [default: the one in qib.conf].
    #[arg(long, value_name = "QUBE")]
    pub storage: Option<QubeName>,
    /// The template of the helpers' system, if their template is yet to be made [default:
    /// Qubes' default template].
    #[arg(long, value_name = "TEMPLATE")]
    pub template: Option<QubeName>,
    /// Do what the plan says without asking.
    #[arg(short, long)]
    pub yes: bool,
    /// Show the plan, and do nothing.
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
}
