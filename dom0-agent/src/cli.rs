//! The command line: the commands here, the arguments of each in a file of its own.

mod backup;
mod browse;
mod diff;
mod doctor;
mod drill;
mod due;
mod export;
mod find;
mod forget;
mod init;
mod kit;
mod lock;
mod prune;
mod receipt;
mod recover;
mod rekey;
mod restore;
mod scrub;
mod settings;
mod setup;
mod snapshots;
mod status;
mod thaw;
mod undelete;
mod usage;
mod verify;
mod watch;

use crate::ended;
pub use backup::Backup;
pub use browse::Browse;
use clap::{Parser, Subcommand};
pub use diff::Differ;
pub use doctor::Doctor;
pub use drill::Drill;
pub use due::Due;
pub use export::Export;
pub use find::Find;
pub use forget::Forget;
pub use init::Init;
pub use kit::Kit;
pub use lock::Lock;
pub use prune::Prune;
pub use receipt::Receipt;
pub use recover::Recover;
pub use rekey::Rekey;
pub use restore::{Restore, Source};
pub use scrub::Scrub;
pub use settings::{Diff, History, Settings, Show};
pub use setup::Setup;
pub use snapshots::Snapshots;
pub use status::Status;
pub use thaw::Thaw;
pub use undelete::Undelete;
pub use usage::Usage;
pub use verify::Verify;
pub use watch::Watch;

/// Incremental, encrypted backups of qubes.
///
/// Each qube is read, file by file, in a disposable without network, and only
/// what is new goes, encrypted, to the storage qube. dom0 never looks inside.
///
/// The storage qube and the disposables' template are named in
/// /etc/qubes/qib.conf; what qib remembers lies in /var/lib/qib.
#[derive(Debug, Parser)]
#[command(name = "qib", version, max_term_width = 90, after_long_help = ended::table())]
pub struct Cli {
    /// Print no progress.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say what is asked of Qubes, each call and each command.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make what qib needs in Qubes: the helpers' template, the storage qube's tag, qib.conf.
    ///
    /// Shows a plan first. What is there already stays; a second run has nothing to do.
    Setup(Setup),
    /// Set up: make the keys and the recovery kit. Once per machine.
    ///
    /// Backups then run without the passphrase, and nothing in dom0 can decrypt
    /// them: each restore asks for it. Whoever loses it loses the backups.
    Init(Init),
    /// Look whether everything is as it must be, and say how to mend what is not.
    ///
    /// A halted storage qube is started for it, and a helper.
    Doctor(Doctor),
    /// Back qubes up: the first time whole, then what has changed.
    Backup(Backup),
    /// List what is stored.
    Snapshots(Snapshots),
    /// Count in what two snapshots of a qube differ: files added, removed, changed.
    ///
    /// A helper compares them, and dom0 hears numbers and no names. What is the same in both is
    /// not fetched.
    Diff(Differ),
    /// Look into snapshots: they are folders, by date, in a disposable of their own.
    ///
    /// A file manager opens there, or a terminal. It has no network and can change nothing; what
    /// is looked at is fetched then. Files go to another qube with qvm-copy, and Qubes asks
    /// whether they may. Nothing of them reaches dom0. Backups go on meanwhile.
    Browse(Browse),
    /// Find files in all snapshots of a qube, by their names.
    ///
    /// A disposable searches them and opens a text: a line for each version of what it found,
    /// with the first and the last snapshot that have it, its size and time. The snapshots lie
    /// beside that text, as 'qib browse' shows them. dom0 hears no names.
    ///
    /// Patterns are as in rules: '*.odt' fits at any depth, 'home/user/*.odt' only there.
    Find(Find),
    /// Look at how qubes were set up when they were backed up.
    #[command(subcommand)]
    Settings(Settings),
    /// Restore qubes: their data and how they were set up.
    ///
    /// What will be done is shown first, and asked for at a terminal. Elsewhere a plan with
    /// something dangerous in it needs --yes. Templates come first; what refers to other qubes
    /// (net qubes, templates of disposables) is set when all of them are there.
    ///
    /// Where the storage qube or the helper goes away in the middle, it is waited for, up to an
    /// hour, and what came so far is not fetched again. ^C ends that and leaves nothing behind.
    Restore(Restore),
    /// Send what a snapshot holds to a qube, as one tar.
    ///
    /// It is in the qube's QubesIncoming then, as from qvm-copy, once you agree when Qubes asks:
    /// owners, permissions, times, attributes and links are in it, holes as zeros. Nothing of it
    /// passes dom0.
    Export(Export),
    /// Get everything back on a new machine: keys, and what was stored.
    ///
    /// For a dom0 in which qib was never set up, or lost what it knew. Storage qube and helpers'
    /// template are named in /etc/qubes/qib.conf before, as for 'qib init'.
    Recover(Recover),
    /// Write the recovery kit to a folder, with all that a restore by hand needs but the passphrase.
    ///
    /// The sealed keys, the formats of what is stored, a script that reads them, and for each volume
    /// the commands: age, zstd, tar and a shell are enough. Make it anew when a qube is backed up for
    /// the first time.
    Kit(Kit),
    /// Print a receipt: what tells later whether a storage shows the newest state.
    ///
    /// Write it down now and then, and keep it away from this machine and from the storage.
    /// After a loss of both, 'qib recover --receipt' compares. Each backup prints one, too. At a
    /// terminal a QR code comes with it, for a phone.
    Receipt(Receipt),
    /// Forget snapshots that a policy does not keep, or that are named.
    ///
    /// What it frees at the storage qube, 'qib prune' removes. The newest snapshot of a qube goes
    /// by no policy, a locked one not at all. Days, weeks and so on are those of dom0's clock, in
    /// UTC; one that was set back makes nothing go.
    ///
    /// Without --keep options the qube's feature 'qib.retention' counts, such as
    /// 'hourly=24,daily=7,weekly=4'; --all passes over a qube that has none.
    Forget(Forget),
    /// Free the space of what was forgotten.
    ///
    /// What nothing needs goes to the storage qube's trash, and out of it days later. It needs no
    /// passphrase.
    Prune(Prune),
    /// Say what space qubes and snapshots take, from the ledger; with --at-storage, what lies there.
    Usage(Usage),
    /// Have the storage qube read its objects again and compare them with their digests.
    ///
    /// It needs no passphrase. What a disk has lost is found by it, not what a hostile storage
    /// qube hides: only a restore shows that.
    Scrub(Scrub),
    /// Keep a forgotten snapshot again, while its objects are still there or in the trash.
    Undelete(Undelete),
    /// Keep a snapshot, whatever a policy says.
    Lock(Lock),
    /// Let policies decide about a locked snapshot again.
    Unlock(Lock),
    /// Give qubes other keys: their next backups begin new histories.
    ///
    /// For when a helper may have given its keys away: they open, and tell of, one history, and
    /// nothing that is stored from then on. Who has read dom0's secret can derive keys of later
    /// histories too; against that qib must be set up anew. The next backup reads and sends
    /// everything. What was stored stays as it is, can be restored, and is forgotten as ever.
    /// The passphrase, and the kit, stay too.
    Rekey(Rekey),
    /// Prove that what is stored is there, whole and unchanged.
    ///
    /// Without the passphrase the digest of every object is compared with the ledger, in a
    /// disposable that has no key and may change nothing. What is lost is noted, so that the
    /// next backup stores it again.
    Verify(Verify),
    /// Practise a restore: everything is restored, read back, and thrown away again.
    ///
    /// It needs the passphrase, as a restore does, and room for the qube's volumes. The new
    /// qube has a name of its own, can not start, and is gone at the end.
    Drill(Drill),
    /// Show how old, how large and how proved the backups are, what is lost, and what is due.
    Status(Status),
    /// Say that an alarm about a qube was looked at: its old snapshots may be forgotten again.
    ///
    /// An alarm is raised by a backup in which much more has changed, was deleted, or came and
    /// does not compress than in those before, as after an accident or ransomware.
    Thaw(Thaw),
    /// Name the qubes that are included in backups and were not backed up for days.
    ///
    /// A qube that has not changed since its last backup is not among them.
    Due(Due),
    /// Back qubes up when they shut down, until told to stop.
    ///
    /// For those that are included in backups. 'qib-watch.service' runs it.
    Watch(Watch),
}
