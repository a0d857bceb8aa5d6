//! The command line.

use crate::select::Selector;
use crate::size::Size;
use clap::{Args, Parser, Subcommand};
use qib_rpc::compression::Compression;
use qib_rpc::name::QubeName;
use qib_rpc::path::PathPattern;
use std::path::PathBuf;

/// Incremental, encrypted backups of qubes.
///
/// Each qube is read, file by file, in a disposable without network, and only
/// what is new goes, encrypted, to the storage qube. dom0 never looks inside.
///
/// The storage qube and the disposables' template are named in
/// /etc/qubes/qib.conf; what qib remembers lies in /var/lib/qib.
///
/// Exit codes: 0 all is well; 1 it failed; 2 the command line is wrong;
/// 3 some qubes were backed up and some were not; 130 it was stopped.
#[derive(Debug, Parser)]
#[command(name = "qib", version, max_term_width = 90)]
pub struct Cli {
    /// Print no progress.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up: make the keys and the recovery kit. Once per machine.
    ///
    /// Backups then run without the passphrase, and nothing in dom0 can decrypt
    /// them: each restore asks for it. Whoever loses it loses the backups.
    Init(Init),
    /// Back qubes up: the first time whole, then what has changed.
    Backup(Backup),
    /// List what is stored.
    Snapshots(Snapshots),
    /// Restore a qube from a snapshot, as a new qube.
    Restore(Restore),
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Read the passphrase from the first line of FILE, or of standard input with '-'.
    #[arg(short, long, value_name = "FILE", conflicts_with = "generate")]
    pub passphrase_file: Option<PathBuf>,
    /// Choose a passphrase (80 random bits) and print it, once.
    #[arg(long)]
    pub generate: bool,
    /// Do not store the recovery kit with the backups.
    ///
    /// With it there, passphrase and storage are enough to get everything back;
    /// but who holds the storage may try passphrases for ever. Without it, a
    /// copy of /var/lib/qib/recovery-kit.age must be kept elsewhere.
    #[arg(long)]
    pub no_kit_at_storage: bool,
}

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// The qubes to back up: names, '@tag:NAME' or '@type:CLASS'.
    #[arg(
        value_name = "QUBE",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub qubes: Vec<Selector>,
    /// Every app and standalone qube whose 'include_in_backups' is set, but the storage qube.
    #[arg(long)]
    pub all: bool,
    /// Not this one, or not what has this tag or class; may be repeated.
    #[arg(short = 'x', long, value_name = "QUBE")]
    pub exclude: Vec<Selector>,
    /// Read also what can not have changed since its last snapshot.
    ///
    /// Without this no helper is started for a qube that was not started since.
    #[arg(long)]
    pub always: bool,
    /// Of a running qube, read what its last shutdown left, not its state now.
    ///
    /// That state was written to the end. The state now is one as after a power cut, which file
    /// systems are made for; what programs keep in memory is in neither.
    #[arg(long)]
    pub last_shutdown: bool,
    /// Read and count, but store no snapshot. (A qube gets its keys when it is first named.)
    #[arg(long)]
    pub dry_run: bool,
    /// How hard to compress: a level of zstd's from 1 (fast) to 19 (small and very slow), or 0
    /// for not at all. What is stored already stays as it is.
    ///
    /// Whatever the level, data that does not compress is found out by a trial and stored as it is.
    #[arg(long, value_name = "LEVEL", default_value_t)]
    pub compression: Compression,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `snapshots`.
#[derive(Debug, Args)]
pub struct Snapshots {
    /// Only this qube's.
    pub qube: Option<QubeName>,
    /// Print them as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The qube that was backed up.
    pub qube: QubeName,
    /// The number of the snapshot [default: the newest].
    #[arg(long, value_name = "N")]
    pub snapshot: Option<u64>,
    /// Which of several qubes that had this name: the beginning of its id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// The name of the qube to make [default: the old name].
    #[arg(long = "as", value_name = "NAME")]
    pub target: Option<QubeName>,
    /// The size of the new qube's private volume, such as 20GiB [default: what it was].
    ///
    /// A smaller one must still hold everything; if it does not, nothing is restored, and the
    /// size that is needed is told where it can be found out.
    #[arg(long, value_name = "SIZE")]
    pub size: Option<Size>,
    /// Give the file system a random UUID, not the one that is derived from the snapshot.
    ///
    /// Without this, a snapshot that is restored twice to the same size gives the same volume,
    /// byte for byte. Two file systems of one UUID should not be attached to one qube.
    #[arg(long)]
    pub random_uuid: bool,
    /// Restore only this file or folder, with the folders above it; may be repeated.
    ///
    /// The path is the one in the volume, which for an app qube is what lies below /rw:
    /// home/user/Documents/x.odt. In each name '*' stands for any characters, '?' for one
    /// byte, and a backslash makes the next character an ordinary one. Each path must be there.
    #[arg(long = "path", value_name = "PATH", requires = "target")]
    pub paths: Vec<PathPattern>,
    /// Read the passphrase from the first line of FILE, or of standard input with '-'.
    #[arg(short, long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}
