//! The arguments of `qib settings`.

use clap::{Args, Subcommand};
use qib_rpc::name::QubeName;

/// The commands below `settings`.
#[derive(Debug, Subcommand)]
pub enum Settings {
    /// Show how a qube was set up when it was last backed up, or at a snapshot.
    Show(Show),
    /// List when how a qube is set up changed, and what.
    History(History),
    /// Show what changed between a snapshot and another, or what the qube is now.
    Diff(Diff),
}

/// Arguments of `settings show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The qube that was backed up.
    pub qube: QubeName,
    /// The number of a snapshot [default: the last time that they were stored].
    #[arg(long, value_name = "N")]
    pub snapshot: Option<u64>,
    /// Which of several qubes that had this name: the beginning of its id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Print them as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `settings history`.
#[derive(Debug, Args)]
pub struct History {
    /// The qube that was backed up.
    pub qube: QubeName,
    /// Which of several qubes that had this name: the beginning of its id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `settings diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// The qube that was backed up.
    pub qube: QubeName,
    /// The number of a snapshot.
    #[arg(value_name = "N")]
    pub before: u64,
    /// The number of another [default: what the qube is now].
    #[arg(value_name = "M")]
    pub after: Option<u64>,
    /// Which of several qubes that had this name: the beginning of its id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Print it as JSON.
    #[arg(long)]
    pub json: bool,
}
