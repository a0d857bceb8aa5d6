//! The arguments of `qib restore`.

use crate::size::Size;
use clap::Args;
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
    /// The qube that was backed up, or 'dom0'.
    pub qube: Source,
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
    /// Of dom0: the folder to make and to restore to; nothing else is touched.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["target", "diff"])]
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
