//! The arguments of `qib restore`.

use crate::destination::Destination;
use crate::restore::choices::{Instead, InsteadPool};
use crate::size::Size;
use clap::Args;
use qib_rpc::class::Class;
use qib_rpc::name::{NotAQubeName, QubeName};
use qib_rpc::path::PathPattern;
use std::path::PathBuf;
use std::str::FromStr;

/// What was backed up.
#[derive(Clone, Debug)]
pub enum Source {
    /// dom0 itself.
    Dom0,
    /// A qube.
    Qube(QubeName),
}

impl FromStr for Source {
    type Err = NotAQubeName;

    fn from_str(text: &str) -> Result<Self, NotAQubeName> {
        if text == "dom0" {
            return Ok(Self::Dom0);
        }
        QubeName::parse(text).map(Self::Qube)
    }
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The qubes that were backed up, or 'dom0' alone.
    #[arg(
        value_name = "QUBE",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub qubes: Vec<Source>,
    /// Every qube that was backed up.
    #[arg(long, conflicts_with_all = ["snapshot", "id", "target", "size", "paths", "to", "diff"])]
    pub all: bool,
    /// But not this one; may be repeated.
    #[arg(short = 'x', long, value_name = "QUBE")]
    pub exclude: Vec<QubeName>,
    /// Do not ask whether to proceed.
    #[arg(short, long)]
    pub yes: bool,
    /// Show what would be done, and stop.
    #[arg(long)]
    pub dry_run: bool,
    /// A qube whose name is taken gets another: the old one and '-1', '-2' and so on.
    #[arg(long, group = "conflict")]
    pub rename_conflicting: bool,
    /// A qube whose name is taken is not restored, and that is no failure.
    #[arg(long, group = "conflict")]
    pub skip_conflicting: bool,
    /// A halted qube whose name is taken gets the old content and settings.
    ///
    /// What its volumes hold now stays as a revision of each, if the qube keeps any
    /// (see 'qvm-volume revert'); how it is set up now does not.
    #[arg(long, group = "conflict", conflicts_with = "paths")]
    pub replace: bool,
    /// Restore how qubes were set up, and no data.
    #[arg(long, conflicts_with_all = ["data_only", "size", "paths"])]
    pub settings_only: bool,
    /// Restore data, and not how qubes were set up: a new qube gets class, label and template.
    #[arg(long)]
    pub data_only: bool,
    /// A qube whose template is missing is based on the default one; one whose net qube is
    /// missing has none.
    #[arg(long)]
    pub ignore_missing: bool,
    /// Base qubes on NEW that were based on OLD; may be repeated.
    #[arg(long = "template", value_name = "OLD=NEW")]
    pub templates: Vec<Instead>,
    /// Connect qubes to NEW that were connected to OLD; NEW may be 'none' or 'default'. May be
    /// repeated.
    #[arg(long = "netvm", value_name = "OLD=NEW")]
    pub netvms: Vec<Instead>,
    /// The storage qube to take it from [default: the one with the newest snapshot].
    #[arg(short, long, value_name = "DESTINATION")]
    pub dest_vm: Option<Destination>,
    /// Have volumes of new qubes lie in pool NEW that were in pool OLD; may be repeated.
    #[arg(long = "pool", value_name = "OLD=NEW")]
    pub pools: Vec<InsteadPool>,
    /// The number of the snapshot [default: the newest].
    #[arg(long, value_name = "N")]
    pub snapshot: Option<u64>,
    /// Which of several qubes that had this name: the beginning of its id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// The name of the qube to make [default: the old name].
    #[arg(long = "as", value_name = "NAME", group = "place")]
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
    /// They come as a new qube, with --as NAME, or to a qube that is there, with --to QUBE.
    ///
    /// The path is the one in the volume, which for an app qube is what lies below /rw:
    /// home/user/Documents/x.odt. In each name '*' stands for any characters, '?' for one
    /// byte, and a backslash makes the next character an ordinary one. Each path must be there.
    #[arg(long = "path", value_name = "PATH", requires = "place")]
    pub paths: Vec<PathPattern>,
    /// Restore documents alone: hold back every class of --hold-back but lost.
    ///
    /// For after a compromise: nothing comes that could start by itself. Without --path it is of
    /// everything. What is held back is counted, a folder as one, and stays in the snapshot.
    #[arg(long, requires = "place", conflicts_with_all = ["hold_back", "replace", "settings_only"])]
    pub documents_only: bool,
    /// Hold back what is hidden, executable, a link, a device, system or lost; a list with commas.
    ///
    /// hidden: names with a dot first. executable: what may be executed or runs as another user,
    /// and launchers. link: symbolic links. device: devices and pipes. system: what lies outside
    /// of home. lost: files of which something is lost at storage, as 'qib verify' found, and
    /// folders whose names are; so all else can be restored.
    #[arg(
        long,
        value_name = "CLASSES",
        value_delimiter = ',',
        requires = "place",
        conflicts_with_all = ["replace", "settings_only"]
    )]
    pub hold_back: Vec<Class>,
    /// Of files (--path, --documents-only): the qube to hand them to. Of dom0: the folder to make and to restore to.
    ///
    /// The qube gets files as from qvm-copy, in its QubesIncoming, once you agree when Qubes
    /// asks. Devices and links that lead out of a folder are held back, and counted. In dom0
    /// nothing but the new folder is touched.
    #[arg(
        long,
        value_name = "QUBE|FOLDER",
        group = "place",
        conflicts_with_all = ["diff", "size", "random_uuid"]
    )]
    pub to: Option<PathBuf>,
    /// Of dom0: restore nothing, and list what is other now.
    #[arg(long, conflicts_with = "target")]
    pub diff: bool,
    /// Read the passphrase from the first line of FILE, or of standard input with '-'.
    #[arg(short, long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

impl Restore {
    /// Whether files are asked for, and not qubes.
    pub fn is_of_files(&self) -> bool {
        !self.paths.is_empty() || self.documents_only || !self.hold_back.is_empty()
    }
}
