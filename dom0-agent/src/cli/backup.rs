//! The arguments of `qib backup`.

use crate::crew::Jobs;
use crate::destination::Destination;
use crate::profile::ProfileName;
use crate::revision::Named;
use crate::select::Selector;
use clap::Args;
use qib_rpc::compression::Compression;
use qib_rpc::name::QubeName;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The qubes to back up: names, '@tag:NAME' or '@type:CLASS'; or 'dom0'.
    #[arg(
        value_name = "QUBE",
        required_unless_present_any = ["all", "profile"],
        conflicts_with_all = ["all", "profile"]
    )]
    pub qubes: Vec<Selector>,
    /// Every app and standalone qube whose 'include_in_backups' is set, but the storage qube; and dom0.
    #[arg(long)]
    pub all: bool,
    /// Store at this storage qube, whatever features and profile say [default: what the qube's
    /// feature 'qib.storage' names, else the profile, else /etc/qubes/qib.conf].
    ///
    /// A feature or profile may name several: each keeps a history of its own. A storage qube is
    /// made one with 'qib setup --storage QUBE'; QUBE:PLACE is one of its places that have names.
    #[arg(short, long, value_name = "DESTINATION")]
    pub dest_vm: Option<Destination>,
    /// Not this one, or not what has this tag or class; may be repeated.
    #[arg(short = 'x', long, value_name = "QUBE")]
    pub exclude: Vec<Selector>,
    /// The qubes and rules that a profile names, in /etc/qubes/qib/NAME.conf.
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub profile: Option<ProfileName>,
    /// Save the choice of qubes as a profile, then back them up.
    #[arg(long, value_name = "NAME", conflicts_with = "profile")]
    pub save_profile: Option<ProfileName>,
    /// Read also what can not have changed since its last snapshot.
    ///
    /// Without this no helper is started for a qube that was not started since.
    #[arg(long)]
    pub always: bool,
    /// Build upon nothing that was stored: read everything, and send everything.
    ///
    /// For when a qube may have spoiled what its backups remember of it; 'qib verify --open' tells.
    #[arg(long)]
    pub fresh: bool,
    /// Of a running qube, read the state that it is in. That is so anyway unless its feature
    /// 'qib.moment' is 'last-shutdown'.
    ///
    /// It is one as after a power cut, which file systems are made for. The qube is asked to write
    /// to its disk what it still holds (sync) and has 10 seconds for it.
    #[arg(long, conflicts_with = "last_shutdown")]
    pub live: bool,
    /// Of a running qube, read what its last shutdown left, not its state now.
    ///
    /// That state was written to the end; what was done since is not in it.
    #[arg(long)]
    pub last_shutdown: bool,
    /// Read an older state that the qube's pool keeps: one of the revisions that
    /// 'qvm-volume info QUBE:private' names; 'root:ID' is one of its root volume.
    ///
    /// A restore takes a snapshot of it only when it is asked for by its number.
    #[arg(
        long,
        value_name = "ID",
        conflicts_with_all = ["all", "live", "last_shutdown", "revisions"]
    )]
    pub revision: Option<Named>,
    /// First read each revision that was not read yet, the oldest first.
    ///
    /// Each becomes a snapshot, with the revision's date beside its own.
    #[arg(long)]
    pub revisions: bool,
    /// Store this qube, which has no network, at a storage qube that has one; may be repeated.
    ///
    /// A helper that was taken over could get its qube's content out that way. The choice is
    /// kept, as the qube's feature 'qib.networked-storage'; at a terminal it is asked for.
    #[arg(long, value_name = "QUBE")]
    pub accept_networked_storage: Vec<QubeName>,
    /// Read and count, but store no snapshot. (A qube gets its keys when it is first named.)
    #[arg(long)]
    pub dry_run: bool,
    /// Back so many qubes up at once, each with a helper of its own.
    ///
    /// When there is no memory for one more helper, its qube waits until the others are done.
    #[arg(short, long, value_name = "N", default_value_t)]
    pub jobs: Jobs,
    /// Try a rule: leave out what these patterns fit, with ':' between them. Only for a dry run.
    ///
    /// Lasting rules are features of the qube, such as 'qib.exclude', or in a profile.
    #[arg(long, value_name = "PATTERNS", requires = "dry_run")]
    pub exclude_path: Vec<String>,
    /// Try a rule: leave out files that are larger. Only for a dry run.
    #[arg(long, value_name = "SIZE", requires = "dry_run")]
    pub max_file_size: Option<String>,
    /// How hard to compress: a level of zstd's from 1 (fast) to 19 (small and very slow), or 0
    /// for not at all. What is stored already stays as it is.
    ///
    /// Whatever the level, data that does not compress is found out by a trial and stored as it is.
    /// Where neither this nor a profile says so, it is 3.
    #[arg(long, value_name = "LEVEL")]
    pub compression: Option<Compression>,
    /// While another qib is at work, wait until it has ended.
    #[arg(long)]
    pub wait: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}
