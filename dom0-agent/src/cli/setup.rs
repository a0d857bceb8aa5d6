//! The arguments of `qib setup`.

use crate::destination::Destination;
use clap::Args;
use qib_rpc::name::QubeName;

/// Arguments of `setup`.
#[derive(Debug, Args)]
pub struct Setup {
    /// The qube that is to keep the backups [default: the one in qib.conf]; or one more, which a
    /// qube's feature 'qib.storage', a profile or 'qib backup -d' then may name. QUBE:PLACE is
    /// one of several places that the storage qube's own storage.toml has.
    #[arg(long, value_name = "DESTINATION")]
    pub storage: Option<Destination>,
    /// Do not copy the recovery kit to one more storage qube.
    #[arg(long, requires = "storage")]
    pub no_kit_at_storage: bool,
    /// What was stored at this storage qube lies at that of --storage now: it was renamed, or its
    /// disk was moved.
    #[arg(long, value_name = "OLD", requires = "storage")]
    pub moved_from: Option<Destination>,
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
